import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { parseJson } from "../../../events/json";
import { MAX_RECORD_BYTES } from "../../../kinesis-writer/stream-record";
import { splitLines } from "../../../shared/lines";
import { ConnectionLost, networkReason, USER_AGENT } from "../live/connection-lost";
import { type LiveOptions, LiveStream } from "../live/live-stream";
import { httpError, httpProblem } from "./http-problem";
import { readPayload, STREAM_QUERY, type StreamedItem } from "./payload";
import { connectionText, type Problem, problemOf, problemText } from "./x-problem";
import { XReconnection } from "./x-reconnection";

/** X sends a keep-alive at least every 20 seconds. */
const SILENCE_MS = 30_000;

/**
 * The app's filtered stream, as one connection after another. They are read here and not by the library, which breaks
 * characters that are split over chunks, takes the end of a post for a keep-alive if it arrives alone, and keeps reading
 * even if nothing consumes the posts.
 * @see https://docs.x.com/x-api/posts/filtered-stream/introduction
 */
export function filteredStream(
  apiUrl: string,
  bearerToken: string,
  options: Partial<LiveOptions> = {},
): LiveStream<StreamedItem> {
  const url = new URL(`/2/tweets/search/stream?${new URLSearchParams(STREAM_QUERY)}`, apiUrl);
  const headers = {
    authorization: `Bearer ${bearerToken}`,
    "user-agent": USER_AGENT,
    // A connection that is kept alive would count against the one that X allows.
    connection: "close",
  };
  const connect = async (signal: AbortSignal) => received(await openStream(url, headers, signal));
  return new LiveStream("X", connect, {
    reconnection: new XReconnection(),
    silenceMs: SILENCE_MS,
    ...options,
  });
}

/** How much of the body of an error is read. */
const MAX_ERROR_BYTES = 64 * 1024;

/** @throws CommandError if X answers with an error that time does not fix, ConnectionLost if it may pass */
async function openStream(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const outgoing = request(url, { headers, signal });
  // Once there is a response, reading it throws the error; the request emits it too.
  outgoing.on("error", () => {});
  outgoing.end();
  const [response] = await once(outgoing, "response").catch((error) => {
    throw new ConnectionLost(networkReason(error));
  });
  if (response.statusCode === 200) return response;
  const problem = problemOf(parseJson(await beginning(response)));
  throw httpError(httpProblem(response.statusCode, response.headers, problem));
}

/** The items of a connection, read only as fast as they are consumed. Ending the loop over them closes it. */
async function* received(response: IncomingMessage): AsyncGenerator<StreamedItem> {
  let failure: unknown;
  const bytes = async function* () {
    try {
      yield* response;
    } catch (error) {
      failure = error;
    }
  };
  for await (const line of splitLines(bytes(), MAX_RECORD_BYTES)) {
    // A line that the end of the connection cut off is part of the gap, not a post.
    if ("terminated" in line && !line.terminated) break;
    const payload = readPayload(line);
    if (payload.kind === "problem") throw new ConnectionLost(endingText(payload.problem));
    yield payload;
  }
  if (failure !== undefined) throw new ConnectionLost(networkReason(failure));
}

function endingText(problem: Problem): string {
  return connectionText(problem) ?? `the stream was ended (${problemText(problem)})`;
}

async function beginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).toString();
}
