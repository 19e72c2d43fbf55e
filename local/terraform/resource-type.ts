import * as v from "valibot";
import type { Clients } from "../gateway/clients";
import type { LocalAccount } from "../gateway/local-account";
import type { EventSourceMappingSettings } from "../lambda/event-source-mapping/mapping-settings";
import type { FunctionDeclaration } from "../lambda/function-declaration";

/**
 * Creates a resource, or reads a data source, from its arguments.
 * @throws UnsupportedArgumentError for the first argument that cannot be carried out
 */
export type ResourceType = (args: unknown, provisioning: Provisioning) => Promise<Attributes> | Attributes;

/** What a resource has once it exists: the values that other blocks refer to. */
export type Attributes = Record<string, unknown>;

/** What resources are created with, and what they leave for the local cloud to run. */
export interface Provisioning {
  account: LocalAccount;
  /** The operator's clients. */
  clients: Clients;
  /** The folder that the document's relative paths start from. */
  folder: string;
  endpoint: string;
  /** The services that may assume a role, such as `lambda.amazonaws.com`, by the role's ARN. */
  trustedServices: Map<string, readonly string[]>;
  /** By the function's ARN. */
  functions: Map<string, FunctionDeclaration>;
  mappings: EventSourceMappingSettings[];
  /** Folders with code, by the path of the zip that Terraform would make of them. */
  archives: Map<string, string>;
  /** The tables with a time to live. */
  expiringTables: ExpiringTable[];
}

/** A table whose items expire. */
export interface ExpiringTable {
  name: string;
  /** The names of the attributes that identify an item. */
  keys: string[];
  /** The name of the attribute with the epoch second when an item expires. */
  expiry: string;
}

/** An argument that the local cloud cannot carry out. */
export class UnsupportedArgumentError extends Error {
  override readonly name = "UnsupportedArgumentError";

  /** @param problem what is wrong with it, in words that can follow "argument <name> is <value>," */
  constructor(argument: string, value: unknown, problem: string) {
    super(
      value === undefined
        ? `argument ${argument} is missing`
        : `argument ${argument} is ${shown(value)}, ${problem}`,
    );
  }
}

/**
 * Defines a type of resource or data source. An argument that is in neither list is an error: none is ignored silently.
 * @param definition `arguments`: those that are carried out, in Terraform's names, with AWS's defaults and limits.
 *   `harmless`: those that change nothing on one machine, each with the reason. `create`: creates the resource and
 *   returns the attributes that others may refer to.
 */
export function defineResource<Entries extends v.ObjectEntries>(definition: {
  arguments: Entries;
  harmless?: Record<string, string>;
  create(
    args: v.InferOutput<v.StrictObjectSchema<Entries, undefined>>,
    provisioning: Provisioning,
  ): Promise<Attributes> | Attributes;
}): ResourceType {
  const harmless = Object.keys({ ...HARMLESS_EVERYWHERE, ...definition.harmless });
  const schema = block({
    ...definition.arguments,
    ...Object.fromEntries(harmless.map((name) => [name, v.optional(v.unknown())])),
  });
  return (args, provisioning) => {
    const { success, output, issues } = v.safeParse(schema, args);
    if (!success) throw unsupported(issues[0]);
    return definition.create(output as v.InferOutput<v.StrictObjectSchema<Entries, undefined>>, provisioning);
  };
}

/** A block of arguments, at the top or nested, in which every argument must be known. */
export function block<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.strictObject(entries, (issue) =>
    issue.expected === "never"
      ? `which the local cloud does not carry out; here it knows ${Object.keys(entries).join(", ")}`
      : `but it must be a block of arguments`,
  );
}

/** A whole number in a range. */
export function wholeNumber(minimum: number, maximum: number) {
  const rule = `but it must be a whole number from ${minimum} to ${maximum}`;
  return v.pipe(v.number(rule), v.integer(rule), v.minValue(minimum, rule), v.maxValue(maximum, rule));
}

/** A value that may be declared, but is the only one that is supported. */
export function only<const Value extends string | number | boolean>(value: Value) {
  return v.optional(v.literal(value, `but the local cloud supports only ${JSON.stringify(value)}`));
}

const HARMLESS_EVERYWHERE = {
  depends_on: "the local cloud connects the stream to the function only when everything else exists",
  lifecycle: "each start creates everything anew, and changes and destroys nothing",
  tags: "nothing here reads them",
};

function unsupported(issue: v.BaseIssue<unknown>): UnsupportedArgumentError {
  const argument = v.getDotPath(issue) ?? "";
  // Valibot's own messages begin in this way; those of this file are written to follow the value.
  const isOwn = !issue.message.startsWith("Invalid");
  return new UnsupportedArgumentError(
    argument,
    issue.path?.at(-1)?.value,
    isOwn ? issue.message : `but what is supported is ${issue.expected}`,
  );
}

const MOST_SHOWN = 200;

function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > MOST_SHOWN ? `${json.slice(0, MOST_SHOWN)}…` : json;
}
