import type { Clients } from "../gateway/clients";
import type { LocalAccount } from "../gateway/local-account";
import type { EventSourceMappingSettings } from "../lambda/event-source-mapping/mapping-settings";
import type { FunctionDeclaration } from "../lambda/function-declaration";
import type { Attributes } from "./terraform-document";

/** What resources are created with, and what they leave for the local cloud to run. */
export interface Provisioning {
  account: LocalAccount;
  /** The deployer's. */
  clients: Clients;
  /** The folder that the document's relative paths start from. */
  folder: string;
  endpoint: string;
  functions: Map<string, FunctionDeclaration>;
  mappings: EventSourceMappingSettings[];
  /** Folders with code, by the path of the zip that Terraform would make of them. */
  archives: Map<string, string>;
}

/** Creates one resource from its resolved arguments; what it returns is what others may refer to. */
export type ResourceType = (args: unknown, provisioning: Provisioning) => Promise<Attributes> | Attributes;
