import { parseJson } from "../../events/json";
import type { Service } from "./emulators";
import { type IncomingRequest, type RequestHead, UnreadableRequestError } from "./incoming-request";
import { cborToJson, isCbor } from "./kinesis-cbor";
import { readS3Request } from "./s3-request";
import { type Credential, readCredential } from "./signature";

/** A request in the form that the emulator understands, and how AWS reads it: its caller, action and resources. */
export interface AwsRequest extends IncomingRequest {
  service: Service;
  /** Such as `kinesis:PutRecords`. */
  action: string;
  /** ARNs of what it acts on; empty where the request names nothing, such as a list, or a read by shard iterator. */
  resources: string[];
  credential: Credential;
  /** The body's value; undefined if it is not JSON, as S3's are. */
  input: unknown;
}

/** What every ARN of an account contains. */
export interface Account {
  id: string;
  region: string;
}

/**
 * Reads the service and the caller from the signature, and the action and its resource from the request.
 * @throws UnreadableRequestError when the request is not signed or is for a service that does not run here
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function readAwsRequest(request: IncomingRequest, account: Account): AwsRequest {
  const credential = readCredential(request);
  if (!credential)
    throw new UnreadableRequestError("MissingAuthenticationTokenException", "Missing Authentication Token");
  const { service } = credential;
  if (service !== "kinesis" && service !== "dynamodb" && service !== "s3")
    throw new UnreadableRequestError(
      "UnknownOperationException",
      `The service ${service} does not run here: the local cloud has kinesis, dynamodb and s3.`,
    );
  if (service === "s3") return { service, credential, input: undefined, ...readS3Request(request) };

  const target = String(request.headers["x-amz-target"] ?? "");
  const operation = target.slice(target.indexOf(".") + 1);
  const json = isCbor(request) ? cborToJson(request) : request;
  const input = parseJson(json.body.toString());
  const read = service === "kinesis" ? readKinesis : readDynamoDb;
  return {
    ...json,
    service,
    credential,
    input,
    action: `${service}:${operation}`,
    ...read(membersOf(input), json.body, account),
  };
}

/**
 * The service that a request is for, as far as that shows even where it cannot be read: its errors have a form of their
 * own. Only S3 has other methods than POST.
 */
export function serviceOf(request: RequestHead): Service | undefined {
  const target = String(request.headers["x-amz-target"] ?? "");
  if (target.startsWith("Kinesis_")) return "kinesis";
  if (target.startsWith("DynamoDB_")) return "dynamodb";
  const isS3 = request.method !== "POST" || readCredential(request)?.service === "s3";
  return isS3 ? "s3" : undefined;
}

type ResourcesAndBody = Pick<AwsRequest, "resources" | "body">;
type Members = Record<string, unknown>;

/** kinesalite knows streams only by name, so the name replaces a stream's ARN. */
function readKinesis({ StreamARN, ...rest }: Members, body: Buffer, account: Account): ResourcesAndBody {
  const name = rest.StreamName ?? arnName(StreamARN);
  if (name === undefined) return { body, resources: [] };

  return {
    body: StreamARN === undefined ? body : Buffer.from(JSON.stringify({ ...rest, StreamName: name })),
    resources: [`arn:aws:kinesis:${account.region}:${account.id}:stream/${name}`],
  };
}

function arnName(arn: unknown): string | undefined {
  return typeof arn === "string" ? arn.slice(arn.indexOf("/") + 1) : undefined;
}

function readDynamoDb(
  { TableName, RequestItems }: Members,
  body: Buffer,
  account: Account,
): ResourcesAndBody {
  const tables = [...(typeof TableName === "string" ? [TableName] : []), ...Object.keys(RequestItems ?? {})];
  return {
    body,
    resources: tables.map((table) => `arn:aws:dynamodb:${account.region}:${account.id}:table/${table}`),
  };
}

/** None if the value is no object, which is answered with an error once it is known who asks. */
function membersOf(input: unknown): Members {
  return typeof input === "object" && input !== null ? { ...input } : {};
}
