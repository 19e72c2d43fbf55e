import type { Service } from "./emulators";
import { type IncomingRequest, UnreadableRequestError } from "./incoming-request";
import { cborToJson, isCbor } from "./kinesis-cbor";

/** A request in the form that the emulator understands, and how AWS reads it: its caller, action and resources. */
export interface AwsRequest extends IncomingRequest {
  service: Service;
  /** Such as `kinesis:PutRecords`. */
  action: string;
  /** ARNs of what it acts on; empty where the request names nothing, such as a list, or a read by shard iterator. */
  resources: string[];
  accessKeyId: string;
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
  if (credential.service === "s3") return { ...request, ...credential, ...readS3(request) };

  const target = String(request.headers["x-amz-target"] ?? "");
  const operation = target.slice(target.indexOf(".") + 1);
  const json = isCbor(request) ? cborToJson(request) : request;
  const read = credential.service === "kinesis" ? readKinesis : readDynamoDb;
  return { ...json, ...credential, action: `${credential.service}:${operation}`, ...read(json, account) };
}

/** `Credential=<access key>/<date>/<region>/<service>/aws4_request`, in the header or, presigned, in the query. */
function readCredential(request: IncomingRequest): { accessKeyId: string; service: Service } {
  const header = request.headers.authorization ?? "";
  const scope =
    /Credential=([^,\s]+)/.exec(header)?.[1] ??
    new URL(request.url, "http://host").searchParams.get("X-Amz-Credential");
  const [accessKeyId, , , service] = scope?.split("/") ?? [];
  if (!accessKeyId)
    throw new UnreadableRequestError("MissingAuthenticationTokenException", "Missing Authentication Token");
  if (service !== "kinesis" && service !== "dynamodb" && service !== "s3")
    throw new UnreadableRequestError(
      "UnknownOperationException",
      `The service ${service} does not run here: the local cloud has kinesis, dynamodb and s3.`,
    );
  return { accessKeyId, service };
}

type ResourcesAndBody = Pick<AwsRequest, "resources" | "body">;

/** kinesalite knows streams only by name, so the name replaces a stream's ARN. */
function readKinesis(request: IncomingRequest, account: Account): ResourcesAndBody {
  const input = parseObject(request.body);
  const name = input.StreamName ?? arnName(input.StreamARN);
  if (name === undefined) return { body: request.body, resources: [] };

  const { StreamARN, ...rest } = input;
  const body =
    StreamARN === undefined ? request.body : Buffer.from(JSON.stringify({ ...rest, StreamName: name }));
  return { body, resources: [`arn:aws:kinesis:${account.region}:${account.id}:stream/${name}`] };
}

function arnName(arn: unknown): string | undefined {
  return typeof arn === "string" ? arn.slice(arn.indexOf("/") + 1) : undefined;
}

function readDynamoDb(request: IncomingRequest, account: Account): ResourcesAndBody {
  const { TableName, RequestItems } = parseObject(request.body);
  const tables = typeof TableName === "string" ? [TableName] : Object.keys(RequestItems ?? {});
  return {
    body: request.body,
    resources: tables.map((table) => `arn:aws:dynamodb:${account.region}:${account.id}:table/${table}`),
  };
}

/** The fields of a JSON object; none if the body is no such object, which the emulator answers with AWS's error. */
function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * S3's action depends on method and path.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
function readS3({ method, url }: IncomingRequest): { action: string; resources: string[] } {
  const [, bucket = "", key = ""] =
    /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(new URL(url, "http://host").pathname)) ?? [];
  if (bucket === "") return { action: "s3:ListAllMyBuckets", resources: [] };

  const arn = `arn:aws:s3:::${bucket}`;
  if (key !== "") return { action: OBJECT_ACTIONS[method] ?? "s3:PutObject", resources: [`${arn}/${key}`] };
  return { action: BUCKET_ACTIONS[method] ?? "s3:ListBucket", resources: [arn] };
}

const OBJECT_ACTIONS: Record<string, string> = {
  GET: "s3:GetObject",
  HEAD: "s3:GetObject",
  DELETE: "s3:DeleteObject",
};

/** POST to a bucket is DeleteObjects, which needs the permission to delete objects. */
const BUCKET_ACTIONS: Record<string, string> = {
  PUT: "s3:CreateBucket",
  DELETE: "s3:DeleteBucket",
  POST: "s3:DeleteObject",
};
