import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { MAX_RECORD_BYTES } from "../../../kinesis-writer/stream-record";
import type { Clock } from "../../../shared/clock";
import { type Line, type LongLine, splitLines } from "../../../shared/lines";
import { networkReason, USER_AGENT } from "../live/live-stream";
import { type Refusal, refusalOf } from "./http-problem";
import { readProblem } from "./x-problem";

/** X sends something every 20 seconds at least; after this time without a byte the connection counts as broken. */
const SILENCE_MS = 30_000;

/** How much is read of what X says when it refuses a connection. */
const MAX_REFUSAL_BYTES = 64 * 1024;

export interface StreamAddress {
  url: URL;
  bearerToken: string;
}

/** X does not open the stream. */
export class RefusedError extends Error {
  constructor(readonly refusal: Refusal) {
    super(`HTTP ${refusal.status}`);
  }
}

/**
 * One connection to the filtered stream. It is read here and not by the library, which breaks characters that are
 * split over chunks, takes the end of a post for a keep-alive if it comes alone, and reads on regardless of whether
 * anyone takes the posts.
 */
export class Connection {
  /** Why it has ended; nothing as long as it is open. */
  ending: string | undefined;

  private constructor(
    readonly response: IncomingMessage,
    readonly clock: Clock,
  ) {}

  /**
   * Opens the stream.
   * @param signal ends the connection, now or later
   * @throws RefusedError if X answers with anything but success; any other error is the network's
   */
  static async open(address: StreamAddress, clock: Clock, signal: AbortSignal): Promise<Connection> {
    const outgoing = request(address.url, {
      signal,
      headers: {
        authorization: `Bearer ${address.bearerToken}`,
        "user-agent": USER_AGENT,
        // A connection that is kept for later would count against the one that X allows.
        connection: "close",
      },
    });
    // Once there is a response, it is the response that fails; the request says so too.
    outgoing.on("error", () => {});
    outgoing.end();

    const [response] = await unlessSilent(outgoing, clock, once(outgoing, "response"));
    if (response.statusCode === 200) return new Connection(response, clock);
    const body = await unlessSilent(response, clock, startOf(response));
    throw new RefusedError(refusalOf(response.statusCode, response.headers, readProblem(body)));
  }

  /**
   * The stream's lines, read only as fast as they are taken; without the last one if the connection ends within it.
   * Breaking off closes the connection.
   */
  async *lines(): AsyncGenerator<Line | LongLine> {
    for await (const line of splitLines(this.#bytes(), MAX_RECORD_BYTES)) {
      // What the connection broke off within is part of the gap, not a post.
      if (this.ending !== undefined) return;
      yield line;
    }
  }

  async *#bytes(): AsyncGenerator<Uint8Array> {
    const chunks = this.response[Symbol.asyncIterator]();
    try {
      let next = await unlessSilent(this.response, this.clock, chunks.next());
      while (!next.done) {
        yield next.value;
        next = await unlessSilent(this.response, this.clock, chunks.next());
      }
      this.ending = "the connection to X was closed";
    } catch (error) {
      this.ending = reasonOf(error);
    } finally {
      this.response.destroy();
    }
  }
}

/** Waits for X to send something; if that takes too long, the connection is broken off and the waiting with it. */
async function unlessSilent<T>(
  connection: { destroy(error: Error): unknown },
  clock: Clock,
  waiting: Promise<T>,
): Promise<T> {
  const over = new AbortController();
  void clock.sleep(SILENCE_MS, over.signal).then(() => {
    if (!over.signal.aborted) connection.destroy(new Error(`nothing came from X for ${SILENCE_MS / 1000} s`));
  });
  return waiting.finally(() => over.abort());
}

async function startOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).toString();
}

/** Why a connection failed; Node.js says only "aborted" of one that the other side broke off. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ECONNRESET" ? "the connection to X was broken off" : networkReason(error);
}
