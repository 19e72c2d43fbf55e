import { describe, expect, it } from "@jest/globals";
import { postFilter } from "../../../../producer/sources/bluesky/filter";

const tracks = (terms: string[], text: string) => postFilter({ terms })({ text, langs: [] });
const speaks = (languages: string[], langs: string[]) => postFilter({ languages })({ text: "", langs });

describe("the filter of posts", () => {
  it("takes all, if nothing is asked for", () => {
    expect(postFilter({})({ text: "", langs: [] })).toBe(true);
  });

  it("takes a text with any of the terms, in capitals or not, within a word too", () => {
    expect(tracks(["yolo", "aws"], "So #YOLO!")).toBe(true);
    expect(tracks(["AWS Lambda"], "on aws lambda")).toBe(true);
    expect(tracks(["天気"], "今日はいい天気ですね。")).toBe(true);
    expect(tracks(["yolo", "aws"], "so yo lo")).toBe(false);
  });

  it("takes an accent that is a character of its own for the same", () => {
    expect(tracks(["cafe\u0301"], "CAFÉ")).toBe(true);
  });

  it("takes a post in any of the languages, wherever it is spoken", () => {
    expect(speaks(["en", "PT"], ["ja", "pt-BR"])).toBe(true);
    expect(speaks(["pt-BR"], ["pt"])).toBe(false);
    expect(speaks(["e"], ["en"])).toBe(false);
    expect(speaks(["en"], [])).toBe(false);
  });

  it("wants both, if terms and languages are asked for", () => {
    const isWanted = postFilter({ terms: ["yolo"], languages: ["en"] });
    expect(isWanted({ text: "yolo", langs: ["en"] })).toBe(true);
    expect(isWanted({ text: "yolo", langs: ["es"] })).toBe(false);
    expect(isWanted({ text: "hi", langs: ["en"] })).toBe(false);
  });
});
