import { benchDecoding } from "./decoding";
import { benchPoison } from "./poison";
import { benchPutting } from "./putting";
import { benchStreaming } from "./streaming";

async function main(): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  await benchDecoding();
  await benchPoison();
  await benchPutting();
  await benchStreaming();
}

void main();
