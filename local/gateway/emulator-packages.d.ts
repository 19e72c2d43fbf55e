// kinesalite and dynalite have no types; this declares what is used of them.
declare module "kinesalite" {
  import type { Server } from "node:http";
  export default function kinesalite(options: object): Server;
}
declare module "dynalite" {
  import type { Server } from "node:http";
  export default function dynalite(options: object): Server;
}
declare module "kinesalite/validations/increaseStreamRetentionPeriod.js" {
  const validation: { types: { RetentionPeriodHours: { lessThanOrEqual: number } } };
  export default validation;
}
declare module "kinesalite/db" {
  export interface Store {
    /** What is known of each stream. */
    metaDb: {
      createValueStream(): AsyncIterable<{
        StreamName: string;
        RetentionPeriodHours: number;
        Shards: unknown[];
      }>;
    };
    getStreamDb(name: string): object;
    deleteStreamDb(name: string, callback: (error?: Error | null) => void): void;
  }
  export function create(options: object): Store;
  export function shardIxToHex(shard: number): string;
  /** Makes a sequence number of a record's position in its stream, its time and more. */
  export function stringifySequence(parts: { seqIx?: number | string }): string;
}
