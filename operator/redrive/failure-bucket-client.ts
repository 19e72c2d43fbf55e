import { setMaxListeners } from "node:events";
import { types } from "node:util";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { FAILED_BATCHES_PREFIX } from "../../events/failed-batch";
import { REJECTED_RECORDS_PREFIX } from "../../events/rejected-record";
import { NO_CREDENTIALS } from "../../shared/aws-errors";
import { CommandError } from "../../shared/errors";
import type { Stack } from "../../shared/stack";
import { SIGN_IN } from "../caller";
import { interrupted } from "./interrupted";
import { PATIENCE, type Patience } from "./patience";

/** An object as the bucket lists it. */
export interface ListedObject {
  key: string;
  bytes: number;
  lastModified: Date;
}

/** An object's content, and the ETag that tells it from what may be written under its key later. */
export interface ObjectContent {
  content: Uint8Array;
  etag: string;
}

/** What the bucket held at one time. */
export interface Survey {
  objects: number;
  /** When the newest of them was written, by S3's clock; undefined if there are none. */
  newest: Date | undefined;
}

/** S3 failed a call about one object despite retries: the object stays as it is, and others may be worked on. */
export class ObjectFailedError extends CommandError {}

/**
 * Reads and changes the failure bucket of a stack, with the operator's credentials. Its methods throw an
 * ObjectFailedError if S3 fails a call about an object despite retries, and a CommandError that says what to do if it
 * does not allow the call, cannot list the bucket, or the run was stopped.
 */
export class FailureBucketClient {
  readonly name: string;
  readonly #client: S3Client;
  readonly #where: string;
  readonly #abort: AbortSignal;

  /**
   * @param stop ends the listing
   * @param abort ends every call
   */
  constructor(
    { outputs, endpoint, operator }: Stack,
    readonly stop: AbortSignal,
    abort: AbortSignal,
    { silenceMs, attempts }: Patience = PATIENCE,
  ) {
    this.#abort = abort;
    this.name = outputs.failure_bucket_name;
    // Every call under way adds a listener, and there are more than Node.js allows before it warns of a leak.
    setMaxListeners(0, abort);
    this.#where = `the failure bucket ${this.name} in ${outputs.region}${endpoint ? ` at ${endpoint}` : ""}`;
    this.#client = new S3Client({
      region: outputs.region,
      maxAttempts: attempts,
      requestHandler: { connectionTimeout: silenceMs, socketTimeout: silenceMs },
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      ...(operator !== undefined && { credentials: operator }),
    });
  }

  /** Counts the objects, and finds when the newest was written, which tells them from later ones. */
  async survey(): Promise<Survey> {
    const survey: Survey = { objects: 0, newest: undefined };
    for await (const { lastModified } of this.#list()) {
      survey.objects++;
      if (survey.newest === undefined || lastModified > survey.newest) survey.newest = lastModified;
    }
    return survey;
  }

  /**
   * Lists the objects that are no newer than a survey's newest. Records that are put back and set aside again are not
   * among them, unless S3 wrote them within the same second.
   */
  async *objects({ newest }: Survey): AsyncGenerator<ListedObject> {
    if (newest === undefined) return;
    for await (const object of this.#list()) if (object.lastModified <= newest) yield object;
  }

  /** Reads an object; undefined if it is gone. Content that breaks off is read again. */
  async read({ key }: ListedObject): Promise<ObjectContent | undefined> {
    const command = new GetObjectCommand({ Bucket: this.name, Key: key });
    let brokenOff: unknown;
    try {
      for (let read = 1; read <= MAX_READS; read++) {
        const { Body, ETag: etag = "" } = await this.#client.send(command, { abortSignal: this.#abort });
        if (!Body) throw new Error("the answer has no content");
        const content = await Body.transformToByteArray().catch((error) => {
          brokenOff = error;
        });
        if (content) return { content, etag };
      }
      throw brokenOff;
    } catch (error) {
      if (isNamed(error, "NoSuchKey")) return undefined;
      throw this.#failure(error, "read objects from", "s3:GetObject");
    }
  }

  /**
   * Deletes an object, unless someone else changed it since it was read.
   * @returns whether it is gone
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
   */
  async remove({ key }: ListedObject, { etag }: ObjectContent): Promise<boolean> {
    const command = new DeleteObjectCommand({ Bucket: this.name, Key: key, IfMatch: etag });
    try {
      await this.#client.send(command, { abortSignal: this.#abort });
      return true;
    } catch (error) {
      // This very call may have removed it, and its first answer may have been lost.
      if (isNamed(error, "NoSuchKey")) return true;
      if (isChange(error)) return false;
      throw this.#failure(error, "delete objects from", "s3:DeleteObject and s3:GetObject");
    }
  }

  /**
   * Replaces an object's content, unless someone else changed or removed it since it was read.
   * @returns whether it is replaced
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
   */
  async replace(object: ListedObject, { etag }: ObjectContent, content: Uint8Array): Promise<boolean> {
    const { key } = object;
    const command = new PutObjectCommand({ Bucket: this.name, Key: key, IfMatch: etag, Body: content });
    try {
      await this.#client.send(command, { abortSignal: this.#abort });
      return true;
    } catch (error) {
      if (isNamed(error, "NoSuchKey")) return false;
      if (!isChange(error)) throw this.#failure(error, "write objects to", "s3:PutObject and s3:GetObject");
    }
    // The change may be this very one: the answer to the first attempt may have been lost.
    const now = await this.read(object);
    return now !== undefined && Buffer.compare(now.content, content) === 0;
  }

  close(): void {
    this.#client.destroy();
  }

  async *#list(): AsyncGenerator<ListedObject> {
    try {
      for (const Prefix of PREFIXES) {
        const pages = paginateListObjectsV2(
          { client: this.#client },
          { Bucket: this.name, Prefix },
          { abortSignal: this.stop },
        );
        for await (const { Contents = [] } of pages) {
          for (const {
            Key: key = "",
            Size: bytes = 0,
            LastModified: lastModified = new Date(0),
          } of Contents) {
            if (this.stop.aborted) return;
            yield { key, bytes, lastModified };
          }
        }
      }
    } catch (error) {
      if (this.stop.aborted) return;
      throw this.#failure(error, "list", "s3:ListBucket", CommandError);
    }
  }

  #failure(error: unknown, doing: string, permission: string, Failure = ObjectFailedError): unknown {
    if (this.#abort.aborted) return interrupted();
    if (!types.isNativeError(error)) return error;
    if (NO_CREDENTIALS.includes(error.name))
      return new CommandError(
        `there are no credentials to ${doing} ${this.#where} with: ${error.message}; ${SIGN_IN}`,
      );
    if (error.name === "AccessDenied")
      return new CommandError(
        `your AWS credentials may not ${doing} ${this.#where}; they need ${permission}`,
      );
    if (error.name === "NoSuchBucket")
      return new CommandError(`${this.#where} does not exist; deploy the stack with \`npm run deploy\``);
    return new Failure(`could not ${doing} ${this.#where}: ${error.message || error.name}`);
  }
}

const PREFIXES = [FAILED_BATCHES_PREFIX, REJECTED_RECORDS_PREFIX];

/** How many times an object is read if its content breaks off; the client itself retries only until content arrives. */
const MAX_READS = 3;

function isChange(error: unknown): boolean {
  return isNamed(error, "PreconditionFailed") || isNamed(error, "ConditionalRequestConflict");
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
