import { jest } from "@jest/globals";

/** Catches what the function under test writes to standard output and standard error, where Lambda takes logs from. */
export function catchOutput() {
  const writes = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockReturnValue(true),
  );
  const text = () => writes.flatMap(({ mock }) => mock.calls.map(([chunk]) => String(chunk))).join("");
  return {
    text,
    /** The lines that are JSON; Node's own warnings are not. */
    lines: (): Record<string, unknown>[] =>
      text()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line)),
    release: () => {
      for (const write of writes) write.mockRestore();
    },
  };
}
