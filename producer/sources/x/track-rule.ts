/** Words that the rule language takes for operators. */
const OPERATORS = new Set(["OR", "AND", "NOT"]);

/**
 * The filtered-stream rule for terms as `track` takes them: a post has to match one of them, and all the words of it.
 * No term is an operator of the rule language.
 * @see https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule
 * @param terms such as `["yolo", "#rain wind"]`
 */
export function trackRule(terms: readonly string[]): string {
  const conditions = terms.map((term) => term.trim().split(/\s+/).map(quoted).join(" "));
  if (conditions.length === 1) return conditions.join("");
  return conditions.map((condition) => (condition.includes(" ") ? `(${condition})` : condition)).join(" OR ");
}

/** A word, hashtag, mention or cashtag as it is, and anything else as a quoted phrase, which holds no operator. */
function quoted(word: string): string {
  const isPlain = /^[#@$]?[\p{L}\p{M}\p{N}_]+$/u.test(word) && !OPERATORS.has(word.toUpperCase());
  return isPlain ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}
