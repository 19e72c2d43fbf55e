import { types } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, type BatchGetCommandOutput, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { itemKey } from "../../events/event-item";
import { NO_CREDENTIALS } from "../../shared/aws-errors";
import { backOff, systemWaiting, type Waiting } from "../../shared/backoff";
import { CommandError } from "../../shared/errors";
import type { Stack } from "../../shared/stack";
import { SIGN_IN } from "../caller";
import { interrupted } from "./interrupted";
import { PATIENCE, type Patience } from "./patience";

/** The key of an item, and whatever else it has. */
export interface KeyedItem {
  Username: string;
  Id: string;
}

/** Reads items of a stack's table, with the operator's credentials. */
export class EventTable {
  readonly #name: string;
  readonly #where: string;
  readonly #client: DynamoDBDocumentClient;
  readonly #abort: AbortSignal;
  readonly #waiting: Waiting;

  /** @param abort ends every call */
  constructor(
    { outputs, endpoint, operator }: Stack,
    abort: AbortSignal,
    { silenceMs, attempts }: Patience = PATIENCE,
    waiting: Waiting = systemWaiting,
  ) {
    this.#abort = abort;
    this.#waiting = waiting;
    this.#name = outputs.table_name;
    this.#where = `the table ${this.#name} in ${outputs.region}${endpoint ? ` at ${endpoint}` : ""}`;
    this.#client = DynamoDBDocumentClient.from(
      new DynamoDBClient({
        region: outputs.region,
        maxAttempts: attempts,
        requestHandler: { connectionTimeout: silenceMs, socketTimeout: silenceMs },
        ...(endpoint !== undefined && { endpoint }),
        ...(operator !== undefined && { credentials: operator }),
      }),
    );
  }

  /**
   * Reads the items that have these keys.
   * @param keys each once, and valid
   * @returns those that there are, by `itemKey`
   * @throws CommandError that says what to do if the table cannot be read
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
   */
  async items(keys: readonly KeyedItem[]): Promise<Map<string, KeyedItem>> {
    const items = new Map<string, KeyedItem>();
    for (let start = 0; start < keys.length; start += MAX_KEYS)
      for (const item of await this.#read(keys.slice(start, start + MAX_KEYS)))
        items.set(itemKey(item), item);
    return items;
  }

  close(): void {
    this.#client.destroy();
  }

  /** Makes a call, and repeats it for the keys that DynamoDB did not process. */
  async #read(keys: readonly KeyedItem[]): Promise<KeyedItem[]> {
    const items: KeyedItem[] = [];
    let left = keys.map(({ Username, Id }): KeyedItem => ({ Username, Id }));
    for (let fruitless = 0; ; ) {
      const { Responses, UnprocessedKeys } = await this.#send(left);
      items.push(...((Responses?.[this.#name] ?? []) as KeyedItem[]));
      const unprocessed = (UnprocessedKeys?.[this.#name]?.Keys ?? []) as KeyedItem[];
      if (unprocessed.length === 0) return items;
      // A call returns at most 16 MB. Only one that brought nothing has met a fault.
      fruitless = unprocessed.length < left.length ? 0 : fruitless + 1;
      if (fruitless === MAX_FRUITLESS) throw this.#failure(new Error("it is throttled"));
      if (fruitless > 0) await backOff(fruitless, this.#abort, this.#waiting);
      left = unprocessed;
    }
  }

  async #send(Keys: KeyedItem[]): Promise<BatchGetCommandOutput> {
    const command = new BatchGetCommand({
      RequestItems: { [this.#name]: { Keys: Keys.map((key) => ({ ...key })), ConsistentRead: true } },
    });
    try {
      return await this.#client.send(command, { abortSignal: this.#abort });
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): unknown {
    if (this.#abort.aborted) return interrupted();
    if (!types.isNativeError(error)) return error;
    if (NO_CREDENTIALS.includes(error.name))
      return new CommandError(
        `there are no credentials to read ${this.#where} with: ${error.message}; ${SIGN_IN}`,
      );
    if (error.name === "AccessDeniedException")
      return new CommandError(
        `your AWS credentials may not read ${this.#where}, to see what is newer than a set-aside record; they need dynamodb:BatchGetItem on it, or ${FORCE}`,
      );
    return new CommandError(
      `could not read ${this.#where}, to see what is newer than a set-aside record: ${error.message || error.name}; ${FORCE}`,
    );
  }
}

const FORCE = "--force puts all records back without a look at the table";

/** What a BatchGetItem call may ask for. */
const MAX_KEYS = 100;

/** How many calls in a row may bring nothing; with backoff they take about half a minute. */
const MAX_FRUITLESS = 12;
