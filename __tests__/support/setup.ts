import { types } from "node:util";

// On Node.js 20 the SDK prints a notice about its own support policy with the first client.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// Jest runs tests in a realm of their own, where an error of Node.js's own modules, such as a reset connection, is not
// an `instanceof Error`: the SDK would wrap it in another, and lose its code.
const ordinary = Function.prototype[Symbol.hasInstance];
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    return ordinary.call(this, value) || (this === Error && types.isNativeError(value));
  },
});
