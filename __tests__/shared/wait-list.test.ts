import { expect, it } from "@jest/globals";
import { WaitList } from "../../shared/wait-list";

it("a wait list wakes all that wait, each once", async () => {
  const list = new WaitList();
  const woken: string[] = [];
  const wait = async (name: string) => {
    await list.change();
    woken.push(name);
  };
  const waiting = [wait("first"), wait("second")];
  expect(woken).toEqual([]);
  list.changed();
  await Promise.all(waiting);
  list.changed();
  expect(woken).toEqual(["first", "second"]);

  const later = wait("third");
  list.changed();
  await later;
  expect(woken).toEqual(["first", "second", "third"]);
});
