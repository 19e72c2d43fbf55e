import { CreateStreamCommand, IncreaseStreamRetentionPeriodCommand } from "@aws-sdk/client-kinesis";
import * as v from "valibot";
import { defineResource } from "../resource-type";

/**
 * How many shards an on-demand stream has at first.
 * @see https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
 */
const ON_DEMAND_SHARDS = 4;

/** How long a new stream keeps records. */
const DEFAULT_RETENTION_HOURS = 24;

/** A stream, with the declared shards and retention. */
export const kinesisStream = defineResource({
  arguments: v.object({
    name: v.string(),
    shard_count: v.optional(v.number(), ON_DEMAND_SHARDS),
    retention_period: v.optional(v.number(), DEFAULT_RETENTION_HOURS),
  }),

  async create({ name, shard_count, retention_period }, { account, clients }) {
    await clients.kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shard_count }));
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
