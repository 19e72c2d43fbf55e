import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import pMap from "p-map";
import { type EventItem, itemKey } from "../../events/event-item";
import { backOff, type Waiting } from "../../shared/backoff";
import { CONCURRENT_REQUESTS } from "./client-settings";
import { describeError, type Problems } from "./problems";

/** What became of an item. */
export type WriteOutcome =
  | { status: "stored" }
  /** DynamoDB called the item invalid: it can never be stored. */
  | { status: "rejected"; detail: string }
  /** A later attempt may store it. */
  | { status: "failed" };

export interface WriteResult {
  /** The outcome of one of the items. Items with the same key have the same outcome. */
  outcomeOf: (item: EventItem) => WriteOutcome;
  /** How many items were sent again after a failure; an item counts once for each time. */
  retried: number;
}

/** Stores events in the table. */
export class EventWriter {
  readonly #client: DynamoDBDocumentClient;
  readonly #tableName: string;
  readonly #waiting: Waiting | undefined;

  constructor(client: DynamoDBDocumentClient, tableName: string, waiting?: Waiting) {
    this.#client = client;
    this.#tableName = tableName;
    this.#waiting = waiting;
  }

  /**
   * Writes items until all are stored or rejected, or the time is up. Never throws.
   *
   * Of items with the same key only the last is written: DynamoDB does not accept a request that holds a key twice.
   * @param signal aborted when the time is up: requests under way are cancelled, nothing more is sent
   * @param problems collects what went wrong, even if a later attempt succeeded
   */
  async write(items: readonly EventItem[], signal: AbortSignal, problems: Problems): Promise<WriteResult> {
    const newest = new Map(items.map((item) => [itemKey(item), item]));
    const run: WriteRun = { signal, problems, outcomes: new Map(), invalid: new Map(), retried: 0 };
    await pMap(chunksOf([...newest.values()]), (chunk) => this.#writeChunk(chunk, run, 1), {
      concurrency: CONCURRENT_REQUESTS,
    });
    judgeInvalidItems(run);
    return {
      outcomeOf: (item) => run.outcomes.get(itemKey(item)) ?? { status: "failed" },
      retried: run.retried,
    };
  }

  async #writeChunk(chunk: readonly EventItem[], run: WriteRun, firstAttempt: number): Promise<void> {
    const { signal, problems } = run;
    let pending = chunk;
    for (let attempt = firstAttempt; !signal.aborted; attempt++) {
      if (attempt > 1) run.retried += pending.length;
      try {
        pending = await this.#send(pending, run);
        if (pending.length === 0) return;
        problems.add("DynamoDB left items unprocessed", pending.length);
      } catch (error) {
        if (signal.aborted) break;
        if (isInvalidItem(error)) return this.#narrowDown(pending, error, run, attempt);
        problems.add(`DynamoDB: ${describeError(error)}`, pending.length);
      }
      await backOff(attempt, signal, this.#waiting);
    }
    problems.add("no time was left to write", pending.length);
  }

  /** Sends one request and returns the items that DynamoDB did not process. */
  async #send(items: readonly EventItem[], { signal, outcomes }: WriteRun): Promise<readonly EventItem[]> {
    const { UnprocessedItems = {} } = await this.#client.send(
      new BatchWriteCommand({
        RequestItems: { [this.#tableName]: items.map((Item) => ({ PutRequest: { Item } })) },
      }),
      { abortSignal: signal },
    );
    const unprocessed = new Set(
      Object.values(UnprocessedItems)
        .flat()
        .map((request) => itemKey(request.PutRequest?.Item as EventItem)),
    );
    for (const item of items) {
      if (!unprocessed.has(itemKey(item))) outcomes.set(itemKey(item), { status: "stored" });
    }
    return items.filter((item) => unprocessed.has(itemKey(item)));
  }

  /** One invalid item fails the whole request, and DynamoDB does not say which: halves the items until it is alone. */
  async #narrowDown(items: readonly EventItem[], { message }: Error, run: WriteRun, attempt: number) {
    const [first, ...others] = items;
    if (first && others.length === 0) {
      run.invalid.set(itemKey(first), message);
      return;
    }
    const middle = Math.ceil(items.length / 2);
    await this.#writeChunk(items.slice(0, middle), run, attempt + 1);
    await this.#writeChunk(items.slice(middle), run, attempt + 1);
  }
}

/** One call of `write`, and what it has achieved so far. */
interface WriteRun {
  readonly signal: AbortSignal;
  readonly problems: Problems;
  /** By the items' keys; an item without an outcome is still to be stored. */
  readonly outcomes: Map<string, WriteOutcome>;
  /** What DynamoDB said of each item that it called invalid, by the items' keys. */
  readonly invalid: Map<string, string>;
  retried: number;
}

/**
 * Rejects the invalid items, unless it may be the table's fault: a key or an index of another name or type makes every
 * item invalid until the table is corrected. It is the items' own fault if the table took any other item of the batch,
 * or if DynamoDB says so.
 */
function judgeInvalidItems({ outcomes, invalid, problems }: WriteRun): void {
  const isTableUsable = outcomes.size > 0;
  for (const [key, message] of invalid) {
    if (isTableUsable || ITEMS_OWN_FAULT.test(message))
      outcomes.set(key, { status: "rejected", detail: message });
    else problems.add(`DynamoDB: ValidationException: ${message}`, 1);
  }
}

/**
 * What DynamoDB says of an item or a key that is too large, or of an empty text in a key of the table or an index.
 * @see https://github.com/architect/dynalite/blob/main/db/index.js, for lack of a list by AWS
 */
const ITEMS_OWN_FAULT = /has exceeded the (maximum )?(allowed )?size|cannot contain an empty string/;

/** The one error that can be an item's own fault. Any other is retried: it may pass, or its cause may be corrected. */
function isInvalidItem(error: unknown): error is Error {
  return error instanceof Error && error.name === "ValidationException";
}

/**
 * The most items that a BatchWriteItem request may hold.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
const MAX_ITEMS_PER_REQUEST = 25;

function chunksOf(items: readonly EventItem[]): (readonly EventItem[])[] {
  const chunks = [];
  for (let start = 0; start < items.length; start += MAX_ITEMS_PER_REQUEST) {
    chunks.push(items.slice(start, start + MAX_ITEMS_PER_REQUEST));
  }
  return chunks;
}
