import { describe, expect, it } from "@jest/globals";
import { postFilter } from "../../../../producer/sources/bluesky/filter";

const tracks = (terms: string[], text: string) => postFilter({ terms })({ text, langs: [] });
const speaks = (languages: string[], langs: string[]) => postFilter({ languages })({ text: "", langs });

describe("the filter of posts", () => {
  it("accepts every post by default", () => {
    expect(postFilter({})({ text: "", langs: [] })).toBe(true);
  });

  it("accepts a text with any of the terms, in upper or lower case, also within a word", () => {
    expect(tracks(["yolo", "aws"], "So #YOLO!")).toBe(true);
    expect(tracks(["AWS Lambda"], "on aws lambda")).toBe(true);
    expect(tracks(["天気"], "今日はいい天気ですね。")).toBe(true);
    expect(tracks(["yolo", "aws"], "so yo lo")).toBe(false);
  });

  it("treats an accent that is a separate character as part of its letter", () => {
    expect(tracks(["cafe\u0301"], "CAFÉ")).toBe(true);
  });

  it("accepts a post in any of the languages, in any region", () => {
    expect(speaks(["en", "PT"], ["ja", "pt-BR"])).toBe(true);
    expect(speaks(["pt-BR"], ["pt"])).toBe(false);
    expect(speaks(["e"], ["en"])).toBe(false);
    expect(speaks(["en"], [])).toBe(false);
  });

  it("requires both, if terms and languages are wanted", () => {
    const isWanted = postFilter({ terms: ["yolo"], languages: ["en"] });
    expect(isWanted({ text: "yolo", langs: ["en"] })).toBe(true);
    expect(isWanted({ text: "yolo", langs: ["es"] })).toBe(false);
    expect(isWanted({ text: "hi", langs: ["en"] })).toBe(false);
  });
});
