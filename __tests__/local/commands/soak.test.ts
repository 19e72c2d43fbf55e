import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { residentMemory } from "../../../local/commands/resident-memory";
import { measureRegularly } from "../../../local/commands/soak";
import {
  growthTable,
  type Measurement,
  measurementHeader,
  measurementLine,
} from "../../../local/commands/soak-report";
import { runEntryPoint } from "../../support/entry-point";
import { VirtualClock } from "../../support/virtual-clock";

const MB = 2 ** 20;

const measurement = (changes: Partial<Measurement> = {}, megabytes = 100): Measurement => ({
  seconds: 10,
  produced: 5000,
  handled: 4900,
  bytes: {
    producer: megabytes * MB,
    function: 80 * MB,
    kinesis: 70 * MB,
    dynamodb: 60 * MB,
    s3: 50 * MB,
    cloud: 40 * MB,
  },
  ...changes,
});

describe("The table of a soak", () => {
  it("has the counts, the lag and the memory of every process", () => {
    expect(`${measurementHeader()}\n${measurementLine(measurement())}`).toBe(
      [
        "                                                                    memory in MB",
        " seconds    produced      lag  producer  function  kinesis  dynamodb    s3 cloud",
        "      10       5,000      100       100        80       70        60    50    40",
      ].join("\n"),
    );
  });

  it("is no wider than 80 columns after days, and has a dash for a process that does not run", () => {
    const { bytes } = measurement();
    const line = measurementLine(
      measurement({
        seconds: 86_399.6,
        produced: 99_999_999,
        handled: 100_000_001,
        bytes: { ...bytes, producer: undefined, s3: 999 * MB },
      }),
    );
    expect(line).toBe("  86,400  99,999,999        0         -        80       70        60   999    40");
    expect(
      [measurementHeader(), line].flatMap((text) => text.split("\n")).map(({ length }) => length),
    ).toEqual([80, 80, 80]);
  });
});

describe("The growth of a soak", () => {
  it("is the difference between the peaks of both halves", () => {
    const { bytes } = measurement();
    const run = [
      measurement({}, 100),
      measurement({}, 130),
      measurement({ bytes: { ...bytes, s3: 20 * MB, kinesis: 50 * MB } }, 90),
      measurement({ bytes: { ...bytes, producer: 1400 * MB, s3: 20 * MB, kinesis: undefined } }),
    ];
    expect(growthTable(run)).toBe(
      [
        "  peak in MB   first half  second half       growth",
        "  producer            130        1,400       +1,270",
        "  function             80           80            0",
        "  kinesis              70           50          -20",
        "  dynamodb             60           60            0",
        "  s3                   50           20          -30",
        "  cloud                40           40            0",
      ].join("\n"),
    );
  });

  it("is unknown after a single measurement, or none", () => {
    expect(growthTable([measurement()]).split("\n")[1]).toBe(
      "  producer            100            -            -",
    );
    expect(growthTable([]).split("\n")[1]).toBe("  producer              -            -            -");
  });
});

describe("A soak", () => {
  it("measures every ten seconds, also if measuring takes time, until it ends", async () => {
    const clock = new VirtualClock();
    const end = new AbortController();
    const seconds: number[] = [];
    const measure = async (after: number) => {
      await clock.sleep(500, new AbortController().signal);
      return measurement({ seconds: after });
    };
    const measuring = measureRegularly(
      measure,
      (measured) => seconds.push(measured.seconds),
      end.signal,
      clock,
    );
    await clock.advance(35_000);
    end.abort();
    await measuring;
    expect(seconds).toEqual([10, 20, 30]);
  });

  it("runs the pipeline, and prints the growth and the reconciliation at its end", async () => {
    const args = ["soak", "--port", "0", "--rate", "20", "--chaos", "7", "0.25"];
    const { stdout, exitCode } = await runEntryPoint("local/cli.ts", args, {
      cwd: join(__dirname, "../../.."),
    });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[2]).toBe(measurementHeader().split("\n")[1]);
    expect(lines[3]).toMatch(/^ +10 +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+$/);
    expect(lines.at(-9)).toBe("  peak in MB   first half  second half       growth");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ stored: 300, failed: 0, lost: 0, different: 0 });
    expect(exitCode).toBe(0);
  }, 120_000);
});

describe("The memory of processes", () => {
  it("is read for those that run, in bytes", async () => {
    const memory = await residentMemory([process.pid, 2 ** 22 + 1]);
    expect([...memory.keys()]).toEqual([process.pid]);
    const ratio = (memory.get(process.pid) ?? 0) / process.memoryUsage.rss();
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  it("is not read for none", async () => {
    expect(await residentMemory([])).toEqual(new Map());
  });
});
