// On Node.js 20 the SDK prints a notice about its own support policy with the first client.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
