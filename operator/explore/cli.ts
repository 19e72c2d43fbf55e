import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { NO_CREDENTIALS } from "../../shared/aws-errors";
import { CommandError } from "../../shared/errors";
import { runCommand } from "../../shared/run-command";
import type { Stack } from "../../shared/stack";
import { findStack } from "../../shared/stack-options";
import { countOf, formatCount, paint, printable } from "../../shared/terminal";
import { SIGN_IN } from "../caller";
import { itemTable } from "./item-table";
import { type NewestItems, newestItems } from "./newest-items";
import { type ExploreOptions, exploreCommand } from "./options";

/** Shows the newest records of the table, drawn as a table, or as lines of JSON, and what it has read for that. */
async function explore({ count, scan, user, json, ...selection }: ExploreOptions): Promise<void> {
  const stack = await findStack(selection);
  const { table_name: tableName } = stack.outputs;
  const client = tableClient(stack);
  try {
    const newest = await newestItems(client, { tableName, user, count, limit: scan }).catch((error) => {
      throw readingFailed(error, stack, user === undefined ? "dynamodb:Scan" : "dynamodb:Query");
    });
    const all =
      newest.stoppedEarly && user === undefined ? await itemCount(client, tableName, newest.read) : undefined;
    // Each line of standard output is a record, so that it can be piped.
    process.stdout.write(json ? jsonLines(newest) : table(newest, sentence(newest, all, tableName, user)));
    if (json) process.stderr.write(`${JSON.stringify(summary(newest, all))}\n`);
  } finally {
    client.destroy();
  }
}

function tableClient({ outputs, endpoint, operator }: Stack): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(
    new DynamoDBClient({
      region: outputs.region,
      ...(endpoint !== undefined && { endpoint }),
      ...(operator !== undefined && { credentials: operator }),
    }),
  );
}

function jsonLines({ items }: NewestItems): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join("");
}

/** The width of a table that is not printed on a terminal, in columns. */
const WIDTH_WITHOUT_TERMINAL = 120;

function table({ items }: NewestItems, lastLine: string): string {
  if (items.length === 0) return `${lastLine}\n`;
  const drawn = itemTable(items, process.stdout.columns ?? WIDTH_WITHOUT_TERMINAL, (text) =>
    paint(process.stdout, "bold", text),
  );
  return `${drawn}\n${lastLine}\n`;
}

/** What was read, and how much more there is. */
function sentence(
  { items, read, stoppedEarly }: NewestItems,
  all: number | undefined,
  tableName: string,
  user: string | undefined,
): string {
  const of = user === undefined ? "" : ` of ${printable(user)}`;
  if (read === 0) return `the table ${tableName} holds no records${of}`;
  const newest = items.length === 0 ? "no records" : `the newest ${countOf(items.length, "record")}`;
  if (!stoppedEarly) return `${newest} of the ${countOf(read, "item")}${of} in the table ${tableName}`;
  const more = all === undefined ? "may have more" : `has about ${formatCount(all)}`;
  return `${newest} of ${countOf(read, "item")}${of} read; the table ${tableName} ${more}, and --scan <items> reads further`;
}

/** The same as an object; `itemsInTable` is null if it is not known. */
function summary({ items, read, stoppedEarly }: NewestItems, all: number | undefined): object {
  return { shown: items.length, read, complete: !stoppedEarly, itemsInTable: all ?? null };
}

/**
 * How many items the table has, as DynamoDB counts them about every six hours; undefined if it cannot be asked, or has
 * counted no more than were read.
 */
async function itemCount(
  client: DynamoDBDocumentClient,
  TableName: string,
  read: number,
): Promise<number | undefined> {
  const described = await client.send(new DescribeTableCommand({ TableName })).catch(() => undefined);
  const { ItemCount = 0 } = described?.Table ?? {};
  return ItemCount > read ? ItemCount : undefined;
}

function readingFailed(error: unknown, { outputs, endpoint }: Stack, permission: string): unknown {
  if (!(error instanceof Error)) return error;
  const where = `the table ${outputs.table_name} in ${outputs.region}${endpoint ? ` at ${endpoint}` : ""}`;
  if (NO_CREDENTIALS.includes(error.name))
    return new CommandError(`there are no AWS credentials to read the table with; ${SIGN_IN}`);
  if (error.name === "AccessDeniedException")
    return new CommandError(`your AWS credentials may not read ${where}; they need ${permission} on it`);
  if (error.name === "ResourceNotFoundException")
    return new CommandError(`${where} does not exist; deploy the stack with \`npm run deploy\``);
  return new CommandError(`${where} could not be read: ${error.message || error.name}`);
}

void runCommand(exploreCommand().action(explore));
