import * as v from "valibot";

const Text = v.optional(v.string());

/**
 * What X says about a request or a stream that failed: the body of an answer, or a message on the stream. Most of it is
 * only shown.
 * @see https://docs.x.com/x-api/fundamentals/response-codes-and-errors
 */
export const Problem = v.object({
  title: Text,
  detail: Text,
  type: Text,
  connection_issue: Text,
  errors: v.optional(
    v.array(
      v.object({
        title: Text,
        detail: Text,
        details: v.optional(v.array(v.string())),
        message: Text,
        type: Text,
        value: Text,
      }),
    ),
  ),
});

export type Problem = v.InferOutput<typeof Problem>;

/** Where an app's keys, its access and its credits are managed. */
export const CONSOLE = "https://console.x.com";

/** Reads the parsed body of an answer; anything that is not a problem of X, such as a proxy's page, is an empty one. */
export function problemOf(body: unknown): Problem {
  const problem = v.safeParse(Problem, body);
  return problem.success ? problem.output : {};
}

/** What X says, in one line: `Unauthorized: the token has expired`. */
export function problemText(problem: Problem): string {
  const details = (problem.errors ?? []).map((error) =>
    sentence(error.title, error.details?.join("; ") ?? error.detail ?? error.message),
  );
  return [sentence(problem.title, problem.detail), ...details].filter((text) => text !== "").join("; ");
}

function sentence(title = "", detail = ""): string {
  if (title === "" || detail === "" || title === detail) return title || detail;
  return `${title}: ${detail}`;
}

/** What to do about a problem with connections or quotas, in an answer or on the stream; undefined for any other. */
export function connectionText(problem: Problem): string | undefined {
  if (problem.connection_issue === "TooManyConnections")
    return "this app already has a stream open, and X allows one: stop the other producer, or wait a few minutes until X notices that it has ended";
  if (isOfType(problem, "usage-capped"))
    return `this app has read as many posts as it may this month; raise the limit at ${CONSOLE}`;
  return undefined;
}

/** Whether the problem or one of its parts is of this kind, by the end of its `type`: `rule-cap`. */
export function isOfType(problem: Problem, name: string): boolean {
  return [problem, ...(problem.errors ?? [])].some(({ type }) => type?.endsWith(`/${name}`));
}
