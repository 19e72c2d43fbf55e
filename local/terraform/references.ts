import { CommandError } from "../../shared/errors";
import type { Attributes } from "./resource-type";

/** Returns the attributes of the block at an address, creating its resource if necessary. */
export type AttributesOf = (address: string) => Promise<Attributes>;

/**
 * Replaces every `${…}` in a value with what it refers to. A string that is one reference and nothing else takes the
 * type of what it refers to.
 * @throws CommandError naming an expression that cannot be resolved
 */
export async function resolveReferences(value: unknown, attributesOf: AttributesOf): Promise<unknown> {
  if (typeof value === "string") return resolveString(value, attributesOf);
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveReferences(item, attributesOf)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [
    key,
    await resolveReferences(item, attributesOf),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveString(template: string, attributesOf: AttributesOf): Promise<unknown> {
  const parts = template.split(/(\$\{[^}]*\})/).filter((part) => part !== "");
  const values = await Promise.all(
    parts.map((part) => (part.startsWith("${") ? resolveExpression(part, attributesOf) : part)),
  );
  return values.length === 1 ? values[0] : values.map(String).join("");
}

/** `${aws_iam_role.role.arn}`: an address and one attribute. The stack uses no functions and no indexes. */
const REFERENCE = /^((?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z0-9_-]+)\.([a-z0-9_]+)$/;

async function resolveExpression(expression: string, attributesOf: AttributesOf): Promise<unknown> {
  const [, address, attribute] = REFERENCE.exec(expression.slice(2, -1)) ?? [];
  if (address === undefined || attribute === undefined)
    throw new CommandError(
      `${expression} cannot be resolved locally: only references such as \${aws_iam_role.role.arn} are supported`,
    );

  const attributes = await attributesOf(address);
  if (!(attribute in attributes))
    throw new CommandError(
      `${expression} cannot be resolved locally: ${address} has no attribute ${attribute} here, only ${Object.keys(attributes).join(", ")}`,
    );
  return attributes[attribute];
}
