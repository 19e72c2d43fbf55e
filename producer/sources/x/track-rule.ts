/** Words that the rule language treats as operators. */
const OPERATORS = new Set(["OR", "AND", "NOT"]);

/**
 * The filtered-stream rule for terms: a post has to match all the words of one of them. Nothing in a term acts as an
 * operator of the rule language.
 * @see https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule
 * @param terms such as `["yolo", "#rain wind"]`
 */
export function trackRule(terms: readonly string[]): string {
  const conditions = terms.map((term) => term.trim().split(/\s+/).map(quoted).join(" "));
  if (conditions.length === 1) return conditions.join("");
  return conditions.map((condition) => (condition.includes(" ") ? `(${condition})` : condition)).join(" OR ");
}

/** A word, hashtag, mention or cashtag unchanged, and anything else as a quoted phrase, which has no operators. */
function quoted(word: string): string {
  const isPlain = /^[#@$]?[\p{L}\p{M}\p{N}_]+$/u.test(word) && !OPERATORS.has(word.toUpperCase());
  return isPlain ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}
