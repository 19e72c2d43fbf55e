import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { S3Client } from "@aws-sdk/client-s3";
import type { KinesisStreamEvent } from "aws-lambda";
import { EventSourceMapping } from "../../local/lambda/event-source-mapping/event-source-mapping";
import type { EventSourceMappingSettings } from "../../local/lambda/event-source-mapping/mapping-settings";
import { type Clock, systemClock } from "../../shared/clock";
import { mappingSettings } from "./mapping-settings";
import { lettersOf, type Reaction, succeed } from "./scripted-function";

export interface RunningMapping {
  mapping: EventSourceMapping;
  /** The events that the function was invoked with. */
  events: KinesisStreamEvent[];
  /** The letters of each event's records. */
  batches(): string[];
  problems: string[];
  checkpoints: Map<string, string>;
  handled(): number;
}

/** Starts a mapping from a stream to a function that reacts to every invocation in the same way. */
export async function startMapping(
  { client: kinesis }: { client: KinesisClient },
  settings: Partial<EventSourceMappingSettings>,
  {
    function: react = succeed,
    checkpoints = new Map(),
    clock = systemClock,
  }: { function?: Reaction; checkpoints?: Map<string, string>; clock?: Clock } = {},
): Promise<RunningMapping> {
  const events: KinesisStreamEvent[] = [];
  const problems: string[] = [];
  let handled = 0;
  const mapping = new EventSourceMapping({
    settings: mappingSettings(settings),
    kinesis,
    s3: noBucket,
    clock,
    checkpoints,
    invoke: (event) => {
      events.push(event);
      return react(event);
    },
    onHandled: (count) => {
      handled += count;
    },
    onProblem: (message) => problems.push(message),
  });
  await mapping.start();
  return {
    mapping,
    events,
    batches: () => events.map(({ Records }) => lettersOf(Records)),
    problems,
    checkpoints,
    handled: () => handled,
  };
}

const noBucket = {
  send: () => Promise.reject(new Error("this mapping has no destination")),
} as unknown as S3Client;
