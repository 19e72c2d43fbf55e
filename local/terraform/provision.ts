import * as v from "valibot";
import { CommandError } from "../../shared/errors";
import { StackOutputs } from "../../shared/stack";
import { type AttributesOf, resolveReferences } from "./references";
import type { Attributes, Provisioning } from "./resource-type";
import { resourceTypes } from "./resource-types";
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

  const known = [...document.blocks.values()].filter(({ type }) => type in resourceTypes);
  await Promise.all(known.map(({ address }) => attributesOf(address)));
  const outputs = parseOutputs(await resolveReferences(document.outputs, attributesOf));
  const ignored = [...document.blocks.values()].filter(({ type }) => !(type in resourceTypes));
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
  if (!resourceType)
    throw new CommandError(`the stack refers to ${address}, but ${type} has no meaning on one machine`);
  try {
    return await resourceType(args, provisioning);
  } catch (error) {
    if (!v.isValiError(error)) throw error;
    const [issue] = error.issues;
    throw new CommandError(
      `${address}: argument ${v.getDotPath(issue)} is not supported locally: ${issue.message}`,
    );
  }
}
