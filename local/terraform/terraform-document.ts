import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as v from "valibot";
import { CommandError, messageOf } from "../../shared/errors";
import type { Attributes } from "./resource-type";

/** One resource or data source of the synthesized stack, with its arguments as Terraform would read them. */
export interface Block {
  /** Terraform's address, such as `aws_kinesis_stream.event-stream` or `data.archive_file.code`. */
  address: string;
  type: string;
  arguments: unknown;
}

/** The synthesized Terraform of one stack. */
export interface TerraformDocument {
  /** The folder that relative paths in the document start from. */
  folder: string;
  blocks: ReadonlyMap<string, Block>;
  outputs: Readonly<Record<string, unknown>>;
  region: string;
}

const blocksByType = v.optional(
  v.record(v.string(), v.record(v.string(), v.record(v.string(), v.unknown()))),
  {},
);

const SynthesizedStack = v.object({
  data: blocksByType,
  resource: blocksByType,
  output: v.optional(v.record(v.string(), v.object({ value: v.unknown() })), {}),
  provider: v.object({ aws: v.tupleWithRest([v.object({ region: v.string() })], v.unknown()) }),
});

/**
 * Reads a `cdk.tf.json` file.
 * @throws CommandError when the file is missing or is not a synthesized stack
 */
export async function readTerraformDocument(file: string): Promise<TerraformDocument> {
  const stack = v.safeParse(SynthesizedStack, await readJson(file));
  if (!stack.success)
    throw new CommandError(
      `${file} is not a synthesized stack: ${v.getDotPath(stack.issues[0])} is not understood.`,
    );

  const { data, resource, output, provider } = stack.output;
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

function blocksOf(byType: Record<string, Record<string, Record<string, unknown>>>, prefix: string): Block[] {
  return Object.entries(byType).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, { "//": _metadata, ...args }]) => ({
      address: `${prefix}${type}.${name}`,
      type,
      arguments: args,
    })),
  );
}

/** `${aws_iam_role.role.arn}`: an address and one attribute. Functions and indexes are not needed, so not understood. */
const REFERENCE = /^((?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z0-9_-]+)\.([a-z0-9_]+)$/;

/**
 * Replaces every `${…}` in a value by what it refers to. A string that is one reference takes the value's own type.
 * @param attributesOf gives a block's attributes, creating the resource if need be
 * @throws CommandError naming an expression that cannot be resolved
 */
export async function resolveReferences(
  value: unknown,
  attributesOf: (address: string) => Promise<Attributes>,
): Promise<unknown> {
  if (typeof value === "string") return resolveString(value, attributesOf);
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveReferences(item, attributesOf)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [
    key,
    await resolveReferences(item, attributesOf),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveString(
  template: string,
  attributesOf: (address: string) => Promise<Attributes>,
): Promise<unknown> {
  const parts = template.split(/(\$\{[^}]*\})/).filter((part) => part !== "");
  const values = await Promise.all(
    parts.map((part) => (part.startsWith("${") ? resolveExpression(part, attributesOf) : part)),
  );
  return values.length === 1 ? values[0] : values.map(String).join("");
}

async function resolveExpression(
  expression: string,
  attributesOf: (address: string) => Promise<Attributes>,
): Promise<unknown> {
  const [, address, attribute] = REFERENCE.exec(expression.slice(2, -1)) ?? [];
  if (address === undefined || attribute === undefined)
    throw new CommandError(
      `${expression} cannot be resolved locally: only references such as \${aws_iam_role.role.arn} are understood.`,
    );

  const attributes = await attributesOf(address);
  if (!(attribute in attributes))
    throw new CommandError(
      `${expression} cannot be resolved locally: ${address} has no attribute ${attribute} here, only ${Object.keys(attributes).join(", ")}.`,
    );
  return attributes[attribute];
}
