import { describe, expect, it } from "@jest/globals";
import { redriveCommand } from "../../../operator/redrive/options";

const parse = (...args: string[]) => redriveCommand().parse(args, { from: "user" }).opts();

describe("the options of redrive", () => {
  it("are none but the port by default: everything is put back", () => {
    expect(parse()).toEqual({ port: 4566 });
  });

  it("choose records, and what is done with them", () => {
    const since = "2026-11-23T07:00:00Z";
    expect(parse("--since", since, "--reason", "a", "--reason", "b", "--limit", "3", "--json")).toEqual({
      port: 4566,
      since: new Date(since),
      reason: ["a", "b"],
      limit: 3,
      json: true,
    });
    expect(parse("--dry-run", "--force")).toEqual({ port: 4566, dryRun: true, force: true });
    expect(parse("--list")).toEqual({ port: 4566, list: true });
  });

  it.each([
    ["--dry-run", "--dry-run"],
    ["--limit 3", "--limit <n>"],
    ["--force", "--force"],
  ])("do not let --list go with %s", (option, name) => {
    const command = redriveCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    expect(() => command.parse(["--list", ...option.split(" ")], { from: "user" })).toThrow(
      `error: option '--list' cannot be used with option '${name}'`,
    );
  });

  it("are explained, one by one", () => {
    const help = redriveCommand().configureHelp({ helpWidth: 1000 }).helpInformation();
    expect(help.split("\n").slice(0, 3)).toEqual([
      "Usage: redrive [options]",
      "",
      "Puts set-aside records from the failure bucket back on the stack's stream.",
    ]);
    const lines = help.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(Object.fromEntries(lines.filter(([name]) => name?.startsWith("--")))).toMatchObject({
      "--list": "show what is set aside, by reason, and change nothing",
      "--dry-run": "show what would be put back, and change nothing",
      "--since <time>": "only records that arrived then or later: ISO 8601, or 30m, 2h or 7d ago",
      "--reason <reason>": "only records set aside for this reason, as --list shows it (repeatable)",
      "--limit <n>": "at most n records",
      "--force": "put superseded records back, too, without a look at the table",
      "--json": "print the result as one line of JSON",
    });
  });
});
