import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import * as v from "valibot";
import { REJECTED_RECORDS_PREFIX, RejectedRecord } from "../../../events/rejected-record";
import { CommandError } from "../../../shared/errors";
import { countOf } from "../../../shared/terminal";
import type { LocalCloud } from "../../cloud/local-cloud";
import type { Clients } from "../../gateway/clients";
import { readFailureBucket, readStream } from "../reconciliation/stack-contents";
import { runScript } from "../run-script";
import { corrected, isLatin1Post } from "./latin1-post";

/** What was put back, and what must be true of the stream now. */
export interface PutBack {
  /** Rejected records that were corrected. */
  correctedRecords: number;
  /** The ids of all records on the stream, but for those whose copies were put back. */
  mustBeAccountedFor: ReadonlySet<string>;
}

/**
 * Corrects what the function rejected, as an operator would: encodes the Latin-1 posts in the failure bucket in UTF-8,
 * and puts everything in it back with the project's own redrive.
 * @param caughtUp resolves when everything on the stream is handled
 * @param redrive runs the redrive with these arguments
 * @throws CommandError when redrive fails, or a corrected post is not on the stream afterwards
 */
export async function putBackCorrected(
  { clients, outputs, port }: Pick<LocalCloud, "clients" | "outputs" | "port">,
  caughtUp: () => Promise<void>,
  redrive: (args: readonly string[]) => Promise<string> = (args) =>
    runScript("operator/redrive/cli.ts", args),
): Promise<PutBack> {
  const { failure_bucket_name: bucket, stream_name: streamName } = outputs;
  const { rejected, failed } = await readFailureBucket(clients.s3, bucket);
  const copies = [...rejected.values()].flat();
  const posts = new Set(
    copies.filter(({ data }) => isLatin1Post(data)).map(({ data }) => corrected(data).toString()),
  );
  await correctObjects(clients, bucket);
  await redrive(["--local", "--port", String(port), "--json"]);
  await caughtUp();

  const putBackIds = new Set([...rejected.keys(), ...failed.keys()].map(recordOf));
  const mustBeAccountedFor = new Set<string>();
  const missing = new Set(posts);
  for await (const { id, data } of readStream(clients.kinesis, streamName)) {
    if (!putBackIds.has(id)) mustBeAccountedFor.add(id);
    missing.delete(data.toString());
  }
  if (missing.size > 0)
    throw new CommandError(
      `${countOf(missing.size, "rejected record")} of ${posts.size} did not come back on the stream`,
    );
  return { correctedRecords: posts.size, mustBeAccountedFor };
}

/** The record's id of the id of a record, or of one in an aggregate; see `partId`. */
function recordOf(id: string): string {
  return id.split(":").slice(0, 2).join(":");
}

async function correctObjects({ s3 }: Clients, Bucket: string): Promise<void> {
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client: s3 },
    { Bucket, Prefix: REJECTED_RECORDS_PREFIX },
  )) {
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const lines = ((await Body?.transformToString()) ?? "").split("\n").filter((line) => line !== "");
      await s3.send(
        new PutObjectCommand({ Bucket, Key, Body: lines.map((line) => `${correctLine(line)}\n`).join("") }),
      );
    }
  }
}

function correctLine(line: string): string {
  const record = v.parse(v.pipe(v.string(), v.parseJson(), v.looseObject(RejectedRecord.entries)), line);
  const data = Buffer.from(record.data, "base64");
  return isLatin1Post(data) ? JSON.stringify({ ...record, data: corrected(data).toString("base64") }) : line;
}
