import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { RejectionReason } from "../../events/rejected-record";
import { readStackSettings } from "../../infrastructure/stack-settings";
import { FAULT_KINDS } from "../../local/chaos/fault-kind";
import { resourceTypes } from "../../local/terraform/resource-types";
import { sources } from "../../producer/sources";
import { ExitCode } from "../../shared/errors";
import { runEntryPoint } from "../support/entry-point";
import { tableUnder } from "../support/markdown";
import { synthesizeStack } from "../support/synthesized-stack";

/** A table's first column and its second, as an object that shows what is missing, invented or different. */
function byName(rows: readonly string[][]): Record<string, string> {
  return Object.fromEntries(rows.map(([name = "", value = ""]) => [name, withoutSeparators(value)]));
}

function names(rows: readonly string[][]): string[] {
  return rows.map(([name = ""]) => name).sort();
}

/** `1,000` as `1000`. */
function withoutSeparators(text: string): string {
  return text.replace(/(?<=\d),(?=\d{3})/g, "");
}

describe("docs/settings.md", () => {
  const rows = tableUnder("docs/settings.md", "The stack");

  it("has every setting of the stack with its default, and no other", () => {
    const defaults = Object.entries(readStackSettings()).map(([name, value]) => [name, String(value)]);
    expect(byName(rows)).toEqual(Object.fromEntries(defaults));
  });

  it.each(rows)("says which values %s takes (default %s): %s", (setting, _default, values) => {
    const isTaken = (value: unknown) => {
      try {
        return readStackSettings({ context: { [setting ?? ""]: value } }) !== undefined;
      } catch {
        return false;
      }
    };
    const [, from, to] = /^(\d+) to (\d+)$/.exec(withoutSeparators(values ?? "")) ?? [];
    const [min, max] = [Number(from), Number(to)];
    if (from !== undefined)
      expect([min - 1, min, max, max + 1].map(isTaken)).toEqual([false, true, true, false]);

    const list = values?.split(", ").filter((value) => /^(\d+|true|false|[A-Z_]+)$/.test(value)) ?? [];
    expect(list.filter((value) => !isTaken(value))).toEqual([]);
    const numbers = list.map(Number).filter((value) => !Number.isNaN(value));
    const upTo = Array.from({ length: Math.max(0, ...numbers) + 1 }, (_, value) => value);
    if (numbers.length > 0) expect(upTo.filter(isTaken)).toEqual(numbers);
  });

  it("has every variable that the producer reads, and no other", () => {
    const files = readdirSync("producer", { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const code = files.map((name) => readFileSync(join("producer", name), "utf8")).join("\n");
    const variables = new Set(code.match(/\b(?:PRODUCER|WIKIPEDIA|X)_[A-Z_]+\b/g));
    expect(names(tableUnder("docs/settings.md", "The producer"))).toEqual([...variables].sort());
  });

  it("has every variable of the function, and no other", () => {
    const lambda = synthesizeStack({ timeToLiveDays: 1 }).only("resource", "aws_lambda_function");
    const { variables } = lambda.environment as { variables: Record<string, string> };
    expect(names(tableUnder("docs/settings.md", "The function"))).toEqual(Object.keys(variables).sort());
  });
});

/** The options that a command's `--help` lists, with their defaults. */
async function helpOf(entryPoint: string, ...args: string[]): Promise<Record<string, string>> {
  const { stdout } = await runEntryPoint(entryPoint, [...args, "--help"], { cwd: "." });
  const options = stdout.matchAll(/^ {2}(--[a-z-]+(?: [<[].*?[>\]])?) +(.*(?:\n {10,}\S.*)*)$/gm);
  return byName(
    [...options].map(([, flags = "", description = ""]) => [
      flags,
      /\(default: (.*)\)$/.exec(description.replace(/\s+/g, " "))?.[1] ?? "",
    ]),
  );
}

describe("Tables of options", () => {
  const sourceHeadings = {
    file: "File",
    sample: "Sample",
    x: "X",
    bluesky: "Bluesky",
    wikipedia: "Wikipedia",
  };

  it("docs/sources.md has the options of the producer", async () => {
    const headings = ["Options of every source", ...Object.values(sourceHeadings)];
    const rows = headings.flatMap((heading) => tableUnder("docs/sources.md", heading));
    expect(byName(rows)).toEqual(await helpOf("producer/cli.ts"));
  });

  it("docs/sources.md has every source, with its own options", () => {
    expect(names(tableUnder("docs/sources.md", "Sources"))).toEqual(Object.keys(sources).sort());
    for (const [name, heading] of Object.entries(sourceHeadings)) {
      const flags = sources[name]?.options.map((option) => option.flags).sort();
      expect(names(tableUnder("docs/sources.md", heading))).toEqual(flags);
    }
  });

  it.each([
    ["docs/operating.md", "Explore", "operator/explore/cli.ts"],
    ["docs/operating.md", "Redrive", "operator/redrive/cli.ts"],
    ["docs/local-cloud.md", "Start", "local/cli.ts start"],
    ["docs/local-cloud.md", "Soak", "local/cli.ts soak"],
  ])("%s has the options of %s", async (page, heading, command) => {
    const [entryPoint = "", ...args] = command.split(" ");
    expect(byName(tableUnder(page, heading))).toEqual(await helpOf(entryPoint, ...args));
  });
});

/** The compiler sees to it that none is missing here. */
const REASONS: Record<RejectionReason, true> = {
  "invalid-utf8": true,
  "invalid-json": true,
  "invalid-event": true,
  "item-too-large": true,
  "invalid-item": true,
};

describe("Tables of names", () => {
  it.each([
    ["docs/operating.md", "Rejected records", Object.keys(REASONS)],
    ["docs/operating.md", "Exit codes", Object.values(ExitCode).map(String)],
    ["docs/local-cloud.md", "Chaos", FAULT_KINDS],
  ])("%s has every name under %s, and no other", (page, heading, expected) => {
    expect(names(tableUnder(page, heading))).toEqual([...expected].sort());
  });

  it("docs/local-cloud.md has the types of resources that are created", () => {
    const rows = tableUnder("docs/local-cloud.md", "What is created");
    expect(names(rows)).toEqual(Object.keys(resourceTypes).sort());
  });

  it("docs/operating.md has the function's metrics", () => {
    const code = readFileSync("functions/event-processor/batch-report.ts", "utf8");
    const metrics = [...code.matchAll(/addMetric\("(\w+)"/g)].map(([, name]) => name);
    expect(names(tableUnder("docs/operating.md", "What the function says"))).toEqual(metrics.sort());
  });

  it("docs/security.md has every action that the stack allows", () => {
    type Document = { statement: { actions: string[]; principals?: unknown }[] };
    const documents = synthesizeStack().all("data", "aws_iam_policy_document") as unknown as Document[];
    const allowed = documents.flatMap(({ statement }) =>
      statement.filter(({ principals }) => !principals).flatMap(({ actions }) => actions),
    );
    const rows = tableUnder("docs/security.md", "Who may do what");
    const named = rows.flatMap(([, actions = ""]) => actions.split(", "));
    expect(named.sort()).toEqual(allowed.sort());
  });
});
