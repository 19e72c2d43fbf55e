import * as v from "valibot";
import { countOf, formatCount } from "../../shared/terminal";
import { runScript, type ScriptOptions } from "./run-script";

/** What the producer did; it has more fields, which nobody here needs. */
export type ProducerSummary = v.InferOutput<typeof ProducerSummary>;

const ProducerSummary = v.object({
  acknowledged: v.number(),
  retried: v.number(),
  rejected: v.number(),
  undelivered: v.number(),
  seconds: v.number(),
  rejectsFile: v.optional(v.string()),
});

/**
 * Runs the producer.
 * @param args options of its command line
 * @throws CommandError with the producer's exit code when it failed; it has printed why. Rejects are not a failure.
 */
export async function runProducer(args: readonly string[], options: ScriptOptions): Promise<ProducerSummary> {
  const printed = await runScript("producer/cli.ts", [...args, "--json"], options);
  return v.parse(ProducerSummary, JSON.parse(printed));
}

/** A summary in a few words. */
export function describeSummary(summary: ProducerSummary): string {
  const { acknowledged, seconds, retried, rejected, undelivered, rejectsFile } = summary;
  return [
    `${countOf(acknowledged, "record")} on the stream in ${seconds.toFixed(3)} s`,
    `; ${formatCount(retried)} retried, ${formatCount(rejected)} rejected, ${formatCount(undelivered)} undelivered`,
    rejectsFile === undefined ? "" : `; see ${rejectsFile}`,
  ].join("");
}
