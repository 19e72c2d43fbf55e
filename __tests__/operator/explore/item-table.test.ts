import { describe, expect, it } from "@jest/globals";
import stringWidth from "string-width";
import { itemTable } from "../../../operator/explore/item-table";
import type { ShownItem } from "../../../operator/explore/newest-items";

function item(values: Partial<ShownItem> = {}): ShownItem {
  return {
    Username: "ada",
    Id: "1",
    Timestamp: "2026-11-23T07:21:57Z",
    Message: "Hello",
    Lang: "en",
    ...values,
  };
}

function widths(table: string): Set<number> {
  return new Set(table.split("\n").map((line) => stringWidth(line)));
}

describe("itemTable", () => {
  it("shows time, author, message and language", () => {
    expect(itemTable([item(), item({ Username: "bob", Message: "Hi", Lang: undefined })], 80)).toBe(
      [
        "┌──────────────────────┬──────────┬─────────┬──────┐",
        "│ Time                 │ Username │ Message │ Lang │",
        "├──────────────────────┼──────────┼─────────┼──────┤",
        "│ 2026-11-23T07:21:57Z │ ada      │ Hello   │ en   │",
        "├──────────────────────┼──────────┼─────────┼──────┤",
        "│ 2026-11-23T07:21:57Z │ bob      │ Hi      │      │",
        "└──────────────────────┴──────────┴─────────┴──────┘",
      ].join("\n"),
    );
  });

  it.each([
    ["Latin text", "word ".repeat(100)],
    ["wide characters", "今日はいい天気ですね。".repeat(20)],
    ["emoji", "👨‍👩‍👧‍👦🇯🇵👍🏽".repeat(50)],
  ])("cuts %s to the width of the terminal, between whole characters", (_, message) => {
    for (const width of [80, 81]) {
      const table = itemTable([item({ Message: message })], width);
      expect([...widths(table)]).toHaveLength(1);
      expect(Math.max(...widths(table))).toBeLessThanOrEqual(width);
      expect(Math.max(...widths(table))).toBeGreaterThanOrEqual(width - 2);
      const shown = /│ ([^│]*)… *│ en/.exec(table)?.[1] ?? "";
      const characters = [...new Intl.Segmenter().segment(message)].map(({ segment }) => segment);
      const count = [...new Intl.Segmenter().segment(shown)].length;
      expect(shown).toBe(characters.slice(0, count).join(""));
    }
  });

  it("replaces control characters, escapes and direction overrides", () => {
    const table = itemTable(
      [
        item({
          Message: "a\u001b[2J\u001b]0;title\u0007b\r\nc\td\u009be\u202ef\u2066g",
          Username: "\u001b[31mred",
        }),
      ],
      120,
    );
    expect(table).toContain("a\ufffd[2J\ufffd]0;title\ufffdb c d\ufffde\ufffdf\ufffdg");
    expect(table).toContain("\ufffd[31mred");
    expect(table.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
  });

  it("leaves right-to-left text and joined emoji as they are", () => {
    const message = "שלום مرحبا 👩‍💻";
    expect(itemTable([item({ Message: message })], 80)).toContain(message);
  });
});
