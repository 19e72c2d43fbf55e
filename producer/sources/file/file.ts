import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal, Readable } from "node:stream";
import { Option } from "commander";
import * as v from "valibot";
import { parseEvent } from "../../../events/parse-event";
import { MAX_RECORD_BYTES } from "../../../kinesis-writer/stream-record";
import { CommandError, ExitCode } from "../../../shared/errors";
import { type Line, type LongLine, splitLines } from "../../../shared/lines";
import { formatCount } from "../../../shared/terminal";
import type { Resumption, Source, SourceDefinition, SourceItem, SourcePosition } from "../source";
import { FileIdentity } from "./file-identity";
import { gunzipped } from "./gunzipped";

const FileOptions = v.object({ input: v.optional(v.string()), raw: v.optional(v.boolean(), false) });

/** Events or v1.1 tweets from a file or standard input, one JSON text a line (NDJSON), gzipped or not. */
export const fileSource: SourceDefinition = {
  summary: "events or raw v1.1 tweets from a file or standard input, one a line (NDJSON)",
  options: [
    new Option(
      "--input <path>",
      "the file to read, gzipped or not; - reads standard input; implies --source file",
    ),
    new Option("--raw", "put every line on the stream byte for byte, without parsing it"),
  ],
  async create(options) {
    const { input, raw } = v.parse(FileOptions, options);
    if (input === undefined)
      throw new CommandError(
        "--source file needs --input <path>, or --input - for standard input",
        ExitCode.usage,
      );
    return input === "-" ? new FileSource(input, raw, process.stdin) : openFile(input, raw);
  },
};

class FileSource implements Source {
  readonly description: string;
  #lineNumber = 0;

  constructor(
    readonly path: string,
    readonly raw: boolean,
    readonly input: Readable,
    readonly resumption?: Resumption,
  ) {
    this.description = path === "-" ? "standard input" : path;
  }

  async *items(signal: AbortSignal, from: SourcePosition = 0): AsyncGenerator<SourceItem> {
    for await (const line of splitLines(this.#bytes(signal), MAX_RECORD_BYTES)) {
      // Reading was interrupted, so this may be half a line.
      if (signal.aborted) return;
      this.#lineNumber = line.number;
      if (line.number <= Number(from)) continue;
      yield { ...(this.raw ? rawItem(line) : parsedItem(line)), position: positionAfter(line) };
    }
    if (this.#lineNumber < Number(from) && !signal.aborted)
      throw new CommandError(
        `${this.description} has ${this.#lineNumber} lines, but its checkpoint is at line ${from}: the file has changed since`,
      );
  }

  async *#bytes(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* gunzipped(addAbortSignal(signal, this.input), this.path.endsWith(".gz"));
    } catch (error) {
      if (!signal.aborted) throw readingFailed(this.description, this.#lineNumber, error);
    }
  }
}

/** A line is complete only after its line feed: what is appended to a last line without one belongs to that line. */
function positionAfter(line: Line | LongLine): SourcePosition | undefined {
  return "terminated" in line && line.terminated ? line.number : undefined;
}

function rawItem(line: Line | LongLine): SourceItem {
  return "pieces" in line ? tooLong(line) : { kind: "raw", line };
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** A carriage return, a space or a tab: what an empty line of a text file may hold. */
const BLANK = new Set([0x0d, 0x20, 0x09]);

function parsedItem(line: Line | LongLine): SourceItem {
  if ("pieces" in line) return tooLong(line);

  // Editors on Windows write a byte order mark at the beginning of a file.
  const marked = line.number === 1 && BYTE_ORDER_MARK.equals(line.bytes.subarray(0, 3));
  const bytes = marked ? line.bytes.subarray(3) : line.bytes;
  if (bytes.every((byte) => BLANK.has(byte))) return { kind: "empty" };

  const parsed = parseEvent(bytes);
  if (parsed.ok) return { kind: "post", post: parsed.post, line };
  if ("notice" in parsed) return { kind: "stream-notice" };
  const { reason, detail } = parsed;
  return { kind: "rejected", lineNumber: line.number, reason, detail, bytes: [line.bytes] };
}

function tooLong(line: LongLine): SourceItem {
  return {
    kind: "rejected",
    lineNumber: line.number,
    reason: "line-too-long",
    detail: `the line is longer than ${MAX_RECORD_BYTES} bytes, the most a record holds`,
    bytes: line.pieces,
  };
}

async function openFile(path: string, raw: boolean): Promise<FileSource> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw openingFailed(path, error);
  }
  const stats = await file.stat();
  if (stats.isDirectory()) {
    await file.close();
    throw new CommandError(`--input ${path} is a directory; name a file`);
  }
  // A named pipe is still a pipe: it can be read only once.
  if (!stats.isFile())
    return new FileSource(path, raw, file.createReadStream({ highWaterMark: CHUNK_BYTES }));
  const input = Readable.from(chunksOf(file), { objectMode: false, highWaterMark: CHUNK_BYTES });
  return new FileSource(path, raw, input, fileResumption(path, file));
}

const CHUNK_BYTES = 256 * 1024;

/** Reads a file to its end and leaves it open, as a read stream would not: it is identified once more after that. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

function fileResumption(path: string, file: FileHandle): Resumption {
  return {
    checkpointPath: `${path}.checkpoint.json`,
    describe: (position) => `line ${formatCount(Number(position))}`,
    input: new FileIdentity(file),
  };
}

function openingFailed(path: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return new CommandError(`--input ${path}: there is no such file`);
  if (code === "EACCES") return new CommandError(`--input ${path}: this user may not read the file`);
  return new CommandError(`--input ${path}: ${message}`);
}

function readingFailed(description: string, lineNumber: number, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  const fault = code?.startsWith("Z_") ? `the gzip data is broken (${message})` : message;
  return new CommandError(`${description}: ${fault}; reading stopped after line ${lineNumber}`);
}
