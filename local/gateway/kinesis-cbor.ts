import type { OutgoingHttpHeaders } from "node:http";
import { Writable } from "node:stream";
import { cbor, tag, tagSymbol } from "@smithy/core/cbor";
import * as v from "valibot";
import type { HttpResponse } from "./http-server";
import { type IncomingRequest, type RequestHead, UnreadableRequestError } from "./incoming-request";

const CBOR = "application/x-amz-cbor-1.1";
const JSON_TYPE = "application/x-amz-json-1.1";

/**
 * Whether the caller sends, and expects, CBOR: the Java SDK's Kinesis client does so by default. (The content type of an
 * object that is put into S3 says nothing about the request.)
 */
export function isCbor({ headers }: Pick<RequestHead, "headers">): boolean {
  return "x-amz-target" in headers && headers["content-type"]?.split(";")[0]?.trim() === CBOR;
}

/**
 * The same request in JSON, which policies, faults and the emulator read.
 * @throws UnreadableRequestError when the body is no CBOR, or holds what Kinesis's model has no type for
 */
export function cborToJson(request: IncomingRequest): IncomingRequest {
  const body = Buffer.from(JSON.stringify(request.body.length === 0 ? {} : toJson(decode(request.body))));
  return { ...request, headers: { ...request.headers, "content-type": JSON_TYPE }, body };
}

/** A response that sends in CBOR what is written to it in JSON, once all of it is written. */
export class CborResponse extends Writable implements HttpResponse {
  readonly #response: HttpResponse;
  readonly #chunks: Buffer[] = [];
  #head: { status: number; headers: OutgoingHttpHeaders } | undefined;

  constructor(response: HttpResponse) {
    super();
    this.#response = response;
  }

  get headersSent(): boolean {
    return this.#head !== undefined;
  }

  get socket() {
    return this.#response.socket;
  }

  get stream() {
    return this.#response.stream;
  }

  writeHead(status: number, headers: OutgoingHttpHeaders): void {
    this.#head = { status, headers };
  }

  override _write(chunk: Buffer, _: BufferEncoding, onWritten: () => void): void {
    this.#chunks.push(chunk);
    onWritten();
  }

  override _final(onFinal: (error?: Error) => void): void {
    try {
      const { status, headers } = this.#head ?? { status: 200, headers: {} };
      const body = toCbor(Buffer.concat(this.#chunks));
      this.#response.writeHead(status, { ...headers, "content-type": CBOR, "content-length": body.length });
      this.#response.end(body, onFinal);
    } catch (error) {
      onFinal(error as Error);
    }
  }

  override _destroy(error: Error | null, onDestroyed: (error: Error | null) => void): void {
    if (error) this.#response.destroy(error);
    onDestroyed(error);
  }
}

/** Some operations have an empty answer. */
function toCbor(json: Buffer): Uint8Array {
  if (json.length === 0) return json;
  return cbor.serialize(JSON.parse(json.toString("utf8"), toCborMember));
}

function decode(body: Buffer): unknown {
  try {
    return cbor.deserialize(body);
  } catch {
    throw new UnreadableRequestError("SerializationException", "the body is not CBOR");
  }
}

/** CBOR has types that JSON does not: bytes, which become Base64, and points in time, which become seconds. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "bigint") throw noTypeFor("an integer of more than 53 bits");
  if (typeof value !== "object" || value === null) return value;
  if (tagSymbol in value) return toSeconds(value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member)]));
}

/** AWS puts milliseconds where CBOR's own tag 1 has seconds. */
const PointInTime = v.object({ tag: v.literal(1), value: v.number() });

function toSeconds(tagged: object): number {
  const time = v.safeParse(PointInTime, tagged);
  if (!time.success) throw noTypeFor("a tag that is no point in time");
  return time.output.value / 1000;
}

/** The members of Kinesis's answers that JSON has no type for are known by their names. */
function toCborMember(name: string, value: unknown): unknown {
  if (name === "Data" && typeof value === "string") return Buffer.from(value, "base64");
  if (name.endsWith("Timestamp") && typeof value === "number")
    return tag({ tag: 1, value: Math.round(value * 1000) });
  return value;
}

function noTypeFor(what: string): UnreadableRequestError {
  return new UnreadableRequestError("SerializationException", `the body has ${what}`);
}
