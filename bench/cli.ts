import { benchDecoding } from "./decoding";
import { benchPutting } from "./putting";
import { benchRejectedRecords } from "./rejected-records";
import { benchStreaming } from "./streaming";

/** `npm run bench`: every benchmark, one after the other. */
async function main(): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  await benchDecoding();
  await benchRejectedRecords();
  await benchPutting();
  await benchStreaming();
}

void main();
