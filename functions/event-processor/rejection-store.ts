import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { REJECTED_RECORDS_PREFIX, type RejectedRecord } from "../../events/rejected-record";
import { backOff, type Waiting } from "../../shared/backoff";
import { clientSettings } from "./client-settings";
import { describeError, type Problems } from "./problems";
import { type Rejection, setAsideBytes } from "./record-decoder";

export interface RejectionStoreOptions {
  bucketName: string;
  processorVersion: string;
  client?: S3Client;
  waiting?: Waiting;
}

/** Sets rejected records aside in the failure bucket. */
export class RejectionStore {
  readonly #options: RejectionStoreOptions;
  readonly #client: S3Client;

  constructor(options: RejectionStoreOptions) {
    this.#options = options;
    this.#client = options.client ?? new S3Client(clientSettings);
  }

  /**
   * Writes the rejections of a batch, in objects of some megabytes. Writing the same rejections again overwrites the
   * same objects. Never throws.
   * @param rejections of one shard, in the order of the batch; if there are none, nothing is written
   * @param signal aborted when the time is up
   * @param problems collects what went wrong, even if a later attempt succeeded
   * @returns whether they are in the bucket; if not, the records must be reported as failed
   */
  async setAside(
    rejections: readonly Rejection[],
    signal: AbortSignal,
    problems: Problems,
  ): Promise<boolean> {
    for (const chunk of chunksOf(rejections)) {
      if (!(await this.#put(chunk, signal, problems))) return false;
    }
    return true;
  }

  async #put(rejections: Chunk, signal: AbortSignal, problems: Problems): Promise<boolean> {
    const { bucketName, processorVersion, waiting } = this.#options;
    const object = {
      Bucket: bucketName,
      Key: objectKey(rejections),
      Body: rejections.map((rejection) => `${JSON.stringify(line(rejection, processorVersion))}\n`).join(""),
      ContentType: "application/x-ndjson",
    };
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#client.send(new PutObjectCommand(object), { abortSignal: signal });
        return true;
      } catch (error) {
        if (signal.aborted) break;
        problems.add(`S3: ${describeError(error)}`, rejections.length);
      }
      await backOff(attempt, signal, waiting);
    }
    problems.add("no time was left to set records aside", rejections.length);
    return false;
  }
}

/** The rejections of one object. Those of one Kinesis record are never divided. */
type Chunk = [Rejection, ...Rejection[]];

/** How large an object is, in bytes: it takes a second or two to send. */
const CHUNK_BYTES = 4 * 1024 * 1024;

function chunksOf(rejections: readonly Rejection[]): Chunk[] {
  const chunks: Chunk[] = [];
  let bytes = 0;
  for (const rejection of rejections) {
    const chunk = chunks.at(-1);
    const isSameRecord = chunk?.at(-1)?.record.sequenceNumber === rejection.record.sequenceNumber;
    if (chunk && (bytes < CHUNK_BYTES || isSameRecord)) chunk.push(rejection);
    else {
      chunks.push([rejection]);
      bytes = 0;
    }
    bytes += setAsideBytes(rejection.record);
  }
  return chunks;
}

/** Depends only on the records, so that a batch that is processed again overwrites its own objects. */
function objectKey(rejections: Chunk): string {
  const [{ record: first }] = rejections;
  const { sequenceNumber: last } = rejections.at(-1)?.record ?? first;
  const date = first.arrivedAt.toISOString().slice(0, "YYYY-MM-DD".length).replaceAll("-", "/");
  return `${REJECTED_RECORDS_PREFIX}${first.shardId}/${date}/${first.sequenceNumber}-${last}.ndjson`;
}

function line({ record, reason, detail }: Rejection, processorVersion: string): RejectedRecord {
  return {
    reason,
    detail,
    streamArn: record.streamArn,
    shardId: record.shardId,
    sequenceNumber: record.sequenceNumber,
    ...(record.subSequenceNumber !== undefined && { subSequenceNumber: record.subSequenceNumber }),
    partitionKey: record.partitionKey,
    approximateArrivalTimestamp: record.arrivedAt.toISOString(),
    data: Buffer.from(record.data).toString("base64"),
    processorVersion,
  };
}
