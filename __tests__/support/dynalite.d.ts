declare module "dynalite" {
  import type { Server } from "node:http";

  /** The part of dynalite's options that the project uses. */
  export default function dynalite(options?: { createTableMs?: number }): Server;
}
