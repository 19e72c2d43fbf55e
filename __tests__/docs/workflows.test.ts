import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@jest/globals";
import { MUTATED_ROOMS } from "../../mutation/rooms";

test("the nightly workflow mutates every room that has a minimum score", () => {
  const workflow = readFileSync(path.join(__dirname, "../../.github/workflows/mutation.yml"), "utf8");
  const rooms = /room: \[(.*)\]/.exec(workflow)?.[1]?.split(", ");
  expect(rooms).toEqual(Object.keys(MUTATED_ROOMS));
});
