import { type IncomingRequest, type RequestHead, UnreadableRequestError } from "./incoming-request";

/** A request to S3 with the bucket in its path, and what it acts on. */
export interface S3Request extends IncomingRequest {
  action: string;
  resources: string[];
}

/**
 * Reads the bucket from the host name or from the path, the key from the path, and the action from both and the method.
 * @throws UnreadableRequestError when the path is none of S3's
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function readS3Request(request: IncomingRequest): S3Request {
  const url = pathStyle(request);
  // The emulator would look for a bucket in any other name, too.
  const headers = { ...request.headers, host: "127.0.0.1" };
  return { ...request, url, headers, ...readTarget(request.method, url) };
}

/** The host that the client called, with its port; over HTTP/2 it is a pseudo-header. */
export function hostOf({ headers }: RequestHead): string {
  return String(headers[":authority"] ?? headers.host ?? "");
}

/** The bucket that a host such as `bucket.localhost:4566` names. */
const BUCKET_HOST = /^(?<bucket>.+)\.localhost(:\d+)?$/i;

function pathStyle(request: IncomingRequest): string {
  const bucket = BUCKET_HOST.exec(hostOf(request))?.groups?.bucket;
  return bucket === undefined ? request.url : `/${bucket.toLowerCase()}${request.url}`;
}

function readTarget(method: string, url: string): Pick<S3Request, "action" | "resources"> {
  const path = /^\/(?<bucket>[^/?#]*)(\/(?<key>[^?#]*))?(\?[^#]*)?$/.exec(url)?.groups;
  if (!path) throw invalidUri();
  const bucket = decoded(path.bucket);
  const key = decoded(path.key);
  if (bucket === "" && key !== "") throw invalidUri();
  if (bucket === "") return { action: "s3:ListAllMyBuckets", resources: [] };

  const arn = `arn:aws:s3:::${bucket}`;
  if (key !== "") return { action: OBJECT_ACTIONS[method] ?? "s3:PutObject", resources: [`${arn}/${key}`] };
  return { action: BUCKET_ACTIONS[method] ?? "s3:ListBucket", resources: [arn] };
}

function decoded(part = ""): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidUri();
  }
}

function invalidUri(): UnreadableRequestError {
  return new UnreadableRequestError("InvalidURI", "Couldn't parse the specified URI.");
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
