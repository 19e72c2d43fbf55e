// kinesalite and dynalite have no types; this declares what is used of them.
declare module "kinesalite" {
  import type { Server } from "node:http";
  export default function kinesalite(options: object): Server;
}
declare module "dynalite" {
  import type { Server } from "node:http";
  export default function dynalite(options: object): Server;
}
declare module "kinesalite/validations/increaseStreamRetentionPeriod.js" {
  const validation: { types: { RetentionPeriodHours: { lessThanOrEqual: number } } };
  export default validation;
}
