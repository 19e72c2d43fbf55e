// kinesalite and dynalite come without types; this is all that is used of them.
declare module "kinesalite" {
  export default function kinesalite(options: object): import("node:http").Server;
}
declare module "dynalite" {
  export default function dynalite(options: object): import("node:http").Server;
}
