import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { NO_CREDENTIALS } from "../../kinesis-writer/kinesis-errors";
import { CommandError } from "../../shared/errors";
import { runCommand } from "../../shared/run-command";
import type { Stack } from "../../shared/stack";
import { findStack } from "../../shared/stack-options";
import { countOf, paint } from "../../shared/terminal";
import { SIGN_IN } from "../caller";
import { itemTable } from "./item-table";
import { type NewestItems, newestItems } from "./newest-items";
import { type ExploreOptions, exploreCommand } from "./options";

/** Shows the newest records of the table, drawn as a table, or as lines of JSON. */
async function explore(options: ExploreOptions): Promise<void> {
  const stack = await findStack(options);
  const { table_name: tableName } = stack.outputs;
  const client = tableClient(stack);
  const newest = await newestItems(client, tableName, options.count, options.scan).catch((error) => {
    throw readingFailed(error, stack);
  });
  client.destroy();

  process.stdout.write(options.json ? jsonLines(newest) : table(newest, tableName));
  if (newest.stoppedEarly)
    process.stderr.write(
      `looked at the first ${countOf(newest.scanned, "item")} only, and there may be more; --scan <items> looks further\n`,
    );
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

function table({ items, scanned }: NewestItems, tableName: string): string {
  if (items.length === 0) return `the table ${tableName} holds no records\n`;
  const drawn = itemTable(items, process.stdout.columns ?? WIDTH_WITHOUT_TERMINAL, (text) =>
    paint(process.stdout, "bold", text),
  );
  return `${drawn}\nthe newest ${countOf(items.length, "record")} of the ${countOf(scanned, "item")} looked at in ${tableName}\n`;
}

function readingFailed(error: unknown, { outputs, endpoint }: Stack): unknown {
  if (!(error instanceof Error)) return error;
  const where = `the table ${outputs.table_name} in ${outputs.region}${endpoint ? ` at ${endpoint}` : ""}`;
  if (NO_CREDENTIALS.includes(error.name))
    return new CommandError(`there are no AWS credentials to read the table with; ${SIGN_IN}`);
  if (error.name === "AccessDeniedException")
    return new CommandError(`your AWS credentials may not read ${where}; they need dynamodb:Scan on it`);
  if (error.name === "ResourceNotFoundException")
    return new CommandError(`${where} does not exist; deploy the stack with \`npm run deploy\``);
  return new CommandError(`${where} could not be read: ${error.message || error.name}`);
}

void runCommand(exploreCommand().action(explore));
