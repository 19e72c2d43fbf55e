import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import pMap from "p-map";
import { type EventItem, itemKey } from "../../events/event-item";
import { backOff, type Waiting } from "../../shared/backoff";
import { CONCURRENT_REQUESTS } from "./client-settings";
import { describeError, type Problems } from "./problems";

/** What became of an item. */
export type WriteOutcome =
  | { status: "stored" }
  /** DynamoDB calls the item invalid: it can never be stored. */
  | { status: "rejected"; detail: string }
  /** It may be stored when it is written again. */
  | { status: "failed" };

export interface WriteResult {
  /** The outcome of an item that was to be written. Items with the same key have the same. */
  outcomeOf: (item: EventItem) => WriteOutcome;
  /** How many items were sent again; an item counts once for each time. */
  retried: number;
}

/**
 * Items in a BatchWriteItem request.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
 */
const MAX_ITEMS_PER_REQUEST = 25;

/** Stores events in the table. */
export class EventWriter {
  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly waiting?: Waiting,
  ) {}

  /**
   * Writes items until all are stored or rejected, or the time is up. Never throws.
   *
   * Of items with the same key the last is written: DynamoDB takes no request that holds a key twice.
   * @param signal aborted when the time is up: requests under way are cancelled, nothing more is sent
   * @param problems collects what went wrong, even if a later attempt succeeded
   */
  async write(items: readonly EventItem[], signal: AbortSignal, problems: Problems): Promise<WriteResult> {
    const newest = new Map(items.map((item) => [itemKey(item), item]));
    const run = new WriteRun(this.client, this.tableName, signal, problems, this.waiting);
    await pMap(chunksOf([...newest.values()]), (chunk) => run.writeChunk(chunk), {
      concurrency: CONCURRENT_REQUESTS,
    });
    return {
      outcomeOf: (item) => run.outcomes.get(itemKey(item)) ?? { status: "failed" },
      retried: run.retried,
    };
  }
}

/** One call of `write`: what is settled so far. An item without an outcome is not settled. */
class WriteRun {
  readonly outcomes = new Map<string, WriteOutcome>();
  retried = 0;

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly signal: AbortSignal,
    private readonly problems: Problems,
    private readonly waiting: Waiting | undefined,
  ) {}

  async writeChunk(chunk: readonly EventItem[]): Promise<void> {
    let pending = chunk;
    for (let attempt = 1; !this.signal.aborted; attempt++) {
      if (attempt > 1) this.retried += pending.length;
      try {
        pending = await this.send(pending);
        if (pending.length === 0) return;
        this.problems.add("DynamoDB left items unprocessed", pending.length);
      } catch (error) {
        if (this.signal.aborted) break;
        if (isInvalidItem(error)) return this.narrowDown(pending, error);
        this.problems.add(`DynamoDB: ${describeError(error)}`, pending.length);
      }
      await backOff(attempt, this.signal, this.waiting);
    }
    this.problems.add("no time was left to write", pending.length);
  }

  /** Sends one request and returns the items that DynamoDB did not process. */
  private async send(items: readonly EventItem[]): Promise<readonly EventItem[]> {
    const { UnprocessedItems = {} } = await this.client.send(
      new BatchWriteCommand({
        RequestItems: { [this.tableName]: items.map((Item) => ({ PutRequest: { Item } })) },
      }),
      { abortSignal: this.signal },
    );
    const unprocessed = new Set(
      Object.values(UnprocessedItems)
        .flat()
        .map((request) => itemKey(request.PutRequest?.Item as EventItem)),
    );
    for (const item of items) {
      if (!unprocessed.has(itemKey(item))) this.outcomes.set(itemKey(item), { status: "stored" });
    }
    return items.filter((item) => unprocessed.has(itemKey(item)));
  }

  /** One invalid item fails the whole request, and DynamoDB does not say which: halves the request until it is alone. */
  private async narrowDown(items: readonly EventItem[], error: Error): Promise<void> {
    const [first, ...others] = items;
    if (first && others.length === 0) {
      this.outcomes.set(itemKey(first), { status: "rejected", detail: error.message });
      return;
    }
    const middle = Math.ceil(items.length / 2);
    await this.writeChunk(items.slice(0, middle));
    await this.writeChunk(items.slice(middle));
  }
}

/** The one error that is an item's own fault. Any other may pass, or the operator may correct its cause: it is retried. */
function isInvalidItem(error: unknown): error is Error {
  return error instanceof Error && error.name === "ValidationException";
}

function chunksOf(items: readonly EventItem[]): (readonly EventItem[])[] {
  const chunks = [];
  for (let start = 0; start < items.length; start += MAX_ITEMS_PER_REQUEST) {
    chunks.push(items.slice(start, start + MAX_ITEMS_PER_REQUEST));
  }
  return chunks;
}
