import { describe, expect, it } from "@jest/globals";
import { trackRule } from "../../../../producer/sources/x/track-rule";

describe("a rule for terms", () => {
  it.each([
    [["yolo"], "yolo"],
    [["rain", "snow"], "rain OR snow"],
    [["two words"], "two words"],
    [["two  words", "#rain"], "(two words) OR #rain"],
    [["@ada", "$TSLA", "後で", "naïve_1"], "@ada OR $TSLA OR 後で OR naïve_1"],
  ])("of %j is %s", (terms, rule) => {
    expect(trackRule(terms)).toBe(rule);
  });

  it.each([
    [["-yolo"], '"-yolo"'],
    [["from:ada"], '"from:ada"'],
    [["c++ (a)"], '"c++" "(a)"'],
    [["or"], '"or"'],
    [["this AND that"], 'this "AND" that'],
    [['say "x\\y"'], String.raw`say "\"x\\y\""`],
  ])("treats operators in %j as text: %s", (terms, rule) => {
    expect(trackRule(terms)).toBe(rule);
  });
});
