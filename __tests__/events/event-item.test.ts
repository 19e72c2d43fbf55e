import { describe, expect, it } from "@jest/globals";
import { brokenItemLimit, eventItem, itemKey, TABLE_ATTRIBUTES } from "../../events/event-item";
import { post } from "../support/posts";

describe("eventItem", () => {
  it("has every field of the event, and when it expires", () => {
    expect(eventItem(post({ name: "Ada", lang: "en" }), 1_900_000_000)).toEqual({
      Username: "ada",
      Id: "1",
      Timestamp: "2026-11-23T07:21:57Z",
      Message: "Hello",
      Name: "Ada",
      Source: "test",
      Lang: "en",
      ExpiresAt: 1_900_000_000,
    });
  });

  it("has no attribute for a field that the event lacks", () => {
    expect(Object.keys(eventItem(post()))).toEqual(["Username", "Id", "Timestamp", "Message", "Source"]);
  });
});

describe("the table's attributes", () => {
  it("are the item's: its author, its ID and its expiry", () => {
    const item = eventItem(post(), 7);

    expect(item[TABLE_ATTRIBUTES.partitionKey]).toBe("ada");
    expect(item[TABLE_ATTRIBUTES.sortKey]).toBe("1");
    expect(item[TABLE_ATTRIBUTES.expiry]).toBe(7);
  });
});

describe("itemKey", () => {
  const keyOf = (username: string, id: string) => itemKey({ Username: username, Id: id });

  it("is the same for versions of one event, and differs if author or ID do", () => {
    expect(itemKey(eventItem(post({ text: "edited" })))).toBe(itemKey(eventItem(post())));
    expect(new Set([keyOf("a", "b"), keyOf("a", "c"), keyOf("b", "a"), keyOf("b", "b")]).size).toBe(4);
    expect(keyOf('a","b', "c")).not.toBe(keyOf("a", 'b","c'));
  });
});

describe("brokenItemLimit", () => {
  const broken = (values: Parameters<typeof post>[0]) => brokenItemLimit(eventItem(post(values)));

  it("counts a partition key's bytes, not its characters", () => {
    expect(broken({ username: "é".repeat(1024) })).toBeUndefined();
    expect(broken({ username: `${"é".repeat(1024)}x` })).toBe(
      "username: 2049 bytes; a partition key has at most 2048",
    );
  });

  it("counts a sort key's bytes", () => {
    expect(broken({ id: "😀".repeat(256) })).toBeUndefined();
    expect(broken({ id: `${"😀".repeat(256)}x` })).toBe("id: 1025 bytes; a sort key has at most 1024");
  });

  it("counts the names and values of all attributes of an item", () => {
    const rest =
      "Username".length + "ada".length + "Id".length + "1".length + "Source".length + "test".length;
    const dated = "Timestamp".length + "2026-11-23T07:21:57Z".length + "Message".length;
    const room = 400 * 1024 - rest - dated;

    expect(broken({ text: "x".repeat(room) })).toBeUndefined();
    expect(broken({ text: "x".repeat(room + 1) })).toBe("the item: 409601 bytes; an item has at most 409600");
  });

  it("counts 21 bytes for the number that says when an item expires", () => {
    const itemOf = (length: number) => eventItem(post({ text: "x".repeat(length) }), 1);
    const others = eventItem(post({ text: "" }));
    const room =
      400 * 1024 - Object.entries(others).join("").replaceAll(",", "").length - "ExpiresAt".length - 21;

    expect(brokenItemLimit(itemOf(room))).toBeUndefined();
    expect(brokenItemLimit(itemOf(room + 1))).toBe("the item: 409601 bytes; an item has at most 409600");
  });
});
