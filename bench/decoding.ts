import { parseEvent } from "../events/parse-event";
import { decodeRecord } from "../functions/event-processor/record-decoder";
import { compare } from "./compare";
import { batchOf, bytesOf, posts } from "./records";

const COUNT = 1000;

/** How fast records are checked, compared with JSON.parse alone. */
export async function benchDecoding(): Promise<void> {
  const payloads = posts(COUNT).map(bytesOf);
  const records = batchOf(payloads);
  await compare("Decoding", [
    {
      name: "JSON.parse alone",
      records: COUNT,
      run: () => payloads.map((bytes) => JSON.parse(bytes.toString())),
    },
    { name: "parseEvent: UTF-8, JSON, schema", records: COUNT, run: () => payloads.map(parseEvent) },
    {
      name: "decodeRecord: parseEvent, item, limits",
      records: COUNT,
      run: () => records.map((record) => decodeRecord(record, 30)),
    },
  ]);
}
