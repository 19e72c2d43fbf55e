import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Command, Option } from "commander";
import { NO_CREDENTIALS } from "../../kinesis-writer/kinesis-errors";
import { CommandError, ExitCode } from "../../shared/errors";
import { integer } from "../../shared/option-values";
import { runCommand } from "../../shared/run-command";
import type { Stack } from "../../shared/stack";
import { addStackOptions, findStack, type StackSelection } from "../../shared/stack-options";
import { countOf, paint } from "../../shared/terminal";
import { SIGN_IN } from "../caller";
import { itemTable } from "./item-table";
import { type NewestItems, newestItems } from "./newest-items";

interface Options extends StackSelection {
  count: number;
  scan: number;
  json?: boolean;
}

/** How wide a table is that is not printed on a terminal. */
const WIDTH_WITHOUT_TERMINAL = 120;

function exploreCommand(): Command {
  const command = new Command("explore").description("Shows the newest records of the stack's table.");
  return addStackOptions(command)
    .addOption(
      new Option("--count <n>", "how many records to show").default(10).argParser(integer(1, 10_000)),
    )
    .addOption(
      new Option(
        "--scan <items>",
        "how many items to look at; the table has no index by time, and reading costs",
      )
        .default(100_000)
        .argParser(integer(1)),
    )
    .addOption(new Option("--json", "print each record as one line of JSON"))
    .addHelpText("after", HELP);
}

const HELP = `
The deployed table is read with your own AWS credentials, found as the AWS CLI finds them.

Examples:
  $ npm run explore
  $ npm run explore -- --local --count 20
  $ npm run --silent explore -- --json --count 100 > newest.ndjson

Exit codes:
  ${ExitCode.ok}    the table was read
  ${ExitCode.failed}    the table could not be read
  ${ExitCode.usage}    an option is wrong`;

async function explore(options: Options): Promise<void> {
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
