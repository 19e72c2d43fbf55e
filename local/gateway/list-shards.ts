import { type KinesisClient, ListShardsCommand, type Shard } from "@aws-sdk/client-kinesis";

/** All shards of a stream, the closed ones too. @throws Kinesis's error */
export async function listShards(kinesis: KinesisClient, StreamName: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let NextToken: string | undefined;
  do {
    const page = await kinesis.send(new ListShardsCommand(NextToken ? { NextToken } : { StreamName }));
    shards.push(...(page.Shards ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return shards;
}
