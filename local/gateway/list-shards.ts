import { type KinesisClient, ListShardsCommand, type Shard } from "@aws-sdk/client-kinesis";

/** All shards of a stream, by its name or its ARN, the closed ones too. @throws Kinesis's error */
export async function listShards(
  kinesis: KinesisClient,
  stream: { StreamName: string } | { StreamARN: string },
): Promise<Shard[]> {
  const shards: Shard[] = [];
  let NextToken: string | undefined;
  do {
    const page = await kinesis.send(new ListShardsCommand(NextToken === undefined ? stream : { NextToken }));
    shards.push(...(page.Shards ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return shards;
}
