import { CreateStreamCommand, IncreaseStreamRetentionPeriodCommand } from "@aws-sdk/client-kinesis";
import * as v from "valibot";
import { block, defineResource, only, UnsupportedArgumentError, wholeNumber } from "../resource-type";

/**
 * How many shards an on-demand stream has at first.
 * @see https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
 */
const ON_DEMAND_SHARDS = 4;

/** How many shards kinesalite gives a stream; AWS's own limit depends on the account. */
const MOST_SHARDS = 500;

/** How long a new stream keeps records. */
const DEFAULT_RETENTION_HOURS = 24;

/**
 * A stream, with the declared shards and retention.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html the limits of the retention
 */
export const kinesisStream = defineResource({
  arguments: {
    name: v.string(),
    shard_count: v.optional(wholeNumber(1, MOST_SHARDS)),
    retention_period: v.optional(wholeNumber(24, 8760), DEFAULT_RETENTION_HOURS),
    stream_mode_details: v.optional(block({ stream_mode: v.picklist(["PROVISIONED", "ON_DEMAND"]) }), {
      stream_mode: "PROVISIONED",
    }),
    max_record_size_in_kib: only(1024),
  },
  harmless: {
    encryption_type: "its files are for their user only, and are deleted at the end",
    kms_key_id: "its files are for their user only, and are deleted at the end",
    shard_level_metrics: "there are no metrics on one machine",
    enforce_consumer_deletion: "nothing is destroyed",
  },

  async create({ name, shard_count, retention_period, stream_mode_details }, { account, clients }) {
    const isOnDemand = stream_mode_details.stream_mode === "ON_DEMAND";
    if (isOnDemand && shard_count !== undefined)
      throw new UnsupportedArgumentError(
        "shard_count",
        shard_count,
        "but an on-demand stream has none of its own",
      );
    const ShardCount = isOnDemand ? ON_DEMAND_SHARDS : shard_count;
    if (ShardCount === undefined) throw new UnsupportedArgumentError("shard_count", undefined, "");

    await clients.kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount }));
    if (retention_period > DEFAULT_RETENTION_HOURS)
      await clients.kinesis.send(
        new IncreaseStreamRetentionPeriodCommand({
          StreamName: name,
          RetentionPeriodHours: retention_period,
        }),
      );
    const arn = account.arn("kinesis", `stream/${name}`);
    return { id: arn, arn, name };
  },
});
