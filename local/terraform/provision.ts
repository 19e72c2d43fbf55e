import * as v from "valibot";
import { CommandError } from "../../shared/errors";
import { StackOutputs } from "../../shared/stack";
import { type AttributesOf, resolveReferences } from "./references";
import { type Attributes, type Provisioning, UnsupportedArgumentError } from "./resource-type";
import { harmlessTypes, resourceTypes } from "./resource-types";
import type { Block, TerraformDocument } from "./terraform-document";

/** A stack whose resources exist. */
export interface ProvisionedStack {
  outputs: StackOutputs;
  /** Types of resources that have no meaning on one machine. */
  ignoredTypes: string[];
}

/**
 * Creates what the document declares, each resource before those that refer to it.
 * @throws CommandError naming a reference or an argument that cannot be used here
 */
export async function provision(
  document: TerraformDocument,
  provisioning: Provisioning,
): Promise<ProvisionedStack> {
  const created = new Map<string, Promise<Attributes>>();
  const attributesOf: AttributesOf = (address) => {
    const attributes = created.get(address) ?? create(address);
    created.set(address, attributes);
    return attributes;
  };
  const create = async (address: string): Promise<Attributes> => {
    const block = document.blocks.get(address);
    if (!block) throw new CommandError(`the stack refers to ${address}, which it does not declare`);
    return createResource(block, await resolveReferences(block.arguments, attributesOf), provisioning);
  };

  const blocks = [...document.blocks.values()];
  const ignored = blocks.filter(({ type }) => type in harmlessTypes);
  const meaningful = blocks.filter((block) => !ignored.includes(block));
  await Promise.all(meaningful.map(({ address }) => attributesOf(address)));
  const outputs = parseOutputs(await resolveReferences(document.outputs, attributesOf));
  return { outputs, ignoredTypes: [...new Set(ignored.map(({ type }) => type))] };
}

function parseOutputs(values: unknown): StackOutputs {
  const outputs = v.safeParse(StackOutputs, values);
  if (outputs.success) return outputs.output;
  throw new CommandError(
    `the stack has no output ${v.getDotPath(outputs.issues[0])}, which the commands need`,
  );
}

async function createResource(
  { address, type }: Block,
  args: unknown,
  provisioning: Provisioning,
): Promise<Attributes> {
  const resourceType = resourceTypes[type];
  if (type in harmlessTypes)
    throw new CommandError(`the stack refers to ${address}, but ${type} has no meaning on one machine`);
  if (!resourceType)
    throw new CommandError(
      `${address}: the local cloud does not carry out ${type}; it carries out ${Object.keys(resourceTypes).join(", ")}`,
    );
  try {
    return await resourceType(args, provisioning);
  } catch (error) {
    if (!(error instanceof UnsupportedArgumentError)) throw error;
    throw new CommandError(`${address}: ${error.message}`);
  }
}
