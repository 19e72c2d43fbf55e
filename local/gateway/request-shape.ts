import * as v from "valibot";
import type { AwsRequest } from "./aws-request";
import { readChunks } from "./chunked-upload";
import { UnreadableRequestError } from "./incoming-request";

/**
 * Checks that a request has the outer shape of its operation. AWS answers any other with an error; the emulators have no
 * error for some of them, and end.
 * @throws UnreadableRequestError as AWS answers it
 */
export function assertShape({ service, action, headers, body, input }: AwsRequest): void {
  if (service === "s3") {
    // Any other body is an object, whatever its bytes.
    if (headers["content-encoding"]?.includes("aws-chunked")) readChunks(body);
    return;
  }
  if (!isObject(input))
    throw new UnreadableRequestError("SerializationException", "The body is no object in JSON.");
  const hole = holeIn(input, false);
  if (hole !== undefined)
    throw invalid(`Value null at '${hole}' failed to satisfy constraint: Member must not be null`);
  const schema = OPERATIONS[action] ?? (service === "kinesis" ? KinesisInput : undefined);
  const issue = schema && v.safeParse(schema, input).issues?.[0];
  if (issue) throw invalid(`${issue.message} at '${v.getDotPath(issue)}'`);
}

/** The deepest item that DynamoDB takes has 32 levels of two in JSON, below those of the request. */
const DEEPEST_LEVEL = 80;

/** The members that map names, the caller's own, to values. In any other object, null is the same as nothing. */
const MAPS = new Set([
  "AttributeUpdates",
  "ExclusiveStartKey",
  "Expected",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "Item",
  "Key",
  "KeyConditions",
  "Keys",
  "M",
  "QueryFilter",
  "RequestItems",
  "ScanFilter",
  "Tags",
]);

/**
 * Where a list or a map has null in place of a value; undefined if none has. It takes few steps because it looks at every
 * value of every item.
 * @throws UnreadableRequestError if the value is too deep
 */
function holeIn(value: object, isMap: boolean, depth = 0): string | undefined {
  if (depth > DEEPEST_LEVEL) throw invalid("Nesting Levels have exceeded supported limits");
  const isList = Array.isArray(value);
  for (const [name, member] of Object.entries(value)) {
    if (member === null && (isList || isMap)) return name;
    if (typeof member !== "object" || member === null) continue;
    const hole = holeIn(member, isList ? isMap : MAPS.has(name), depth + 1);
    if (hole !== undefined) return `${name}.${hole}`;
  }
  return undefined;
}

const KinesisInput = v.looseObject({
  // kinesalite keeps streams in an array, by name, and takes the array's own members for streams.
  StreamName: v.optional(
    v.custom((name) => typeof name !== "string" || !(name in []), "A stream cannot have this name here"),
  ),
});

/** The operations with members by which an emulator would end, even though they are no hole. */
const OPERATIONS: Record<string, v.GenericSchema> = {
  "kinesis:ListShards": v.looseObject({
    ...KinesisInput.entries,
    NextToken: v.optional(v.custom(() => false, "A token that was not issued here")),
  }),
  "dynamodb:TagResource": v.looseObject({
    Tags: v.nullish(v.array(v.object({ Key: v.string(), Value: v.string() }))),
  }),
};

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string): UnreadableRequestError {
  return new UnreadableRequestError("ValidationException", `1 validation error detected: ${message}`);
}
