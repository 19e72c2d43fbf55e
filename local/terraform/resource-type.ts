import * as v from "valibot";
import type { Clients } from "../gateway/clients";
import type { LocalAccount } from "../gateway/local-account";
import type { EventSourceMappingSettings } from "../lambda/event-source-mapping/mapping-settings";
import type { FunctionDeclaration } from "../lambda/function-declaration";

/** Creates a resource, or reads a data source, from its arguments; throws a ValiError if it cannot use them. */
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
  /** By the function's ARN. */
  functions: Map<string, FunctionDeclaration>;
  mappings: EventSourceMappingSettings[];
  /** Folders with code, by the path of the zip that Terraform would make of them. */
  archives: Map<string, string>;
}

/**
 * Defines a type of resource or data source.
 * @param definition `arguments`: those that matter on one machine, in Terraform's names and with AWS's defaults; any
 *   others are ignored. `create`: creates the resource and returns the attributes that others may refer to.
 */
export function defineResource<Arguments extends v.GenericSchema>(definition: {
  arguments: Arguments;
  create(args: v.InferOutput<Arguments>, provisioning: Provisioning): Promise<Attributes> | Attributes;
}): ResourceType {
  return (args, provisioning) => definition.create(v.parse(definition.arguments, args), provisioning);
}
