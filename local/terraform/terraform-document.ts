import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as v from "valibot";
import { CommandError, messageOf } from "../../shared/errors";

/** The synthesized Terraform of one stack. */
export interface TerraformDocument {
  /** The folder that relative paths in the document start from. */
  folder: string;
  /** Every resource and data source, by its address. */
  blocks: ReadonlyMap<string, Block>;
  outputs: Readonly<Record<string, unknown>>;
  region: string;
}

/** One resource or data source, with its arguments as Terraform would read them. */
export interface Block {
  /** Terraform's address, such as `aws_kinesis_stream.event-stream` or `data.archive_file.code`. */
  address: string;
  type: string;
  arguments: unknown;
}

/**
 * Reads a `cdk.tf.json` file.
 * @throws CommandError when the file cannot be read or is not a synthesized stack
 */
export async function readTerraformDocument(file: string): Promise<TerraformDocument> {
  const document = v.safeParse(CdkTfJson, await readJson(file));
  if (!document.success) {
    const [issue] = document.issues;
    const problem =
      issue.expected === "never" ? "is not supported by the local cloud" : "is missing or not as expected";
    throw new CommandError(`${file} is not a stack that can run here: ${v.getDotPath(issue)} ${problem}`);
  }

  const { data, resource, output, provider } = document.output;
  const blocks = [...blocksOf(resource, ""), ...blocksOf(data, "data.")];
  return {
    folder: dirname(file),
    blocks: new Map(blocks.map((block) => [block.address, block])),
    outputs: Object.fromEntries(Object.entries(output).map(([name, { value }]) => [name, value])),
    region: provider.aws[0].region,
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

const BlocksByType = v.optional(
  v.record(v.string(), v.record(v.string(), v.record(v.string(), v.unknown()))),
  {},
);

const Output = v.strictObject({
  value: v.unknown(),
  sensitive: v.optional(v.boolean()),
  description: v.optional(v.string()),
  // Order means nothing here: outputs are read when everything exists.
  depends_on: v.optional(v.unknown()),
});

/** The region is carried out; nothing here reads tags. Another provider, or a second one, could mean other accounts. */
const Providers = v.strictObject({
  aws: v.strictTuple([v.strictObject({ region: v.string(), default_tags: v.optional(v.unknown()) })]),
  archive: v.optional(v.strictTuple([v.strictObject({})])),
});

/** A `cdk.tf.json`: an argument that is not here is one that the local cloud cannot carry out. */
const CdkTfJson = v.strictObject({
  "//": v.optional(v.unknown()),
  // Where the state is kept and which providers are downloaded: the local cloud does neither.
  terraform: v.optional(v.unknown()),
  data: BlocksByType,
  resource: BlocksByType,
  output: v.optional(v.record(v.string(), Output), {}),
  provider: Providers,
});

/** @param prefix what an address begins with: `data.` for data sources, nothing for resources */
function blocksOf(byType: v.InferOutput<typeof BlocksByType>, prefix: string): Block[] {
  return Object.entries(byType).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, { "//": _metadata, ...args }]) => ({
      address: `${prefix}${type}.${name}`,
      type,
      arguments: args,
    })),
  );
}
