import * as v from "valibot";
import { CommandError } from "../../shared/errors";

/** A statement of a policy. */
export type Statement = v.InferOutput<typeof Statement>;

/** A caller, and the statements of the policies attached to it. */
export interface IamIdentity {
  /** The name in AWS's errors. */
  arn: string;
  /** ARN of the user, or of the role whose session it is. */
  principal: string;
  statements: Statement[];
}

/**
 * Parses an identity policy.
 * @throws CommandError when it contains something that would be ignored here, such as a condition
 */
export function parsePolicy(name: string, json: string): Statement[] {
  const policy = v.safeParse(PolicyDocument, JSON.parse(json));
  if (policy.success) return policy.output.Statement;
  throw new CommandError(
    `policy ${name}: ${v.getDotPath(policy.issues[0])} is not supported locally (${policy.issues[0].message})`,
  );
}

/**
 * Decides as IAM does within one account: an explicit deny wins, then an allow; anything else is denied.
 * @param resource the ARN acted on; undefined where the request names none: a statement about any resource then applies
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function isAllowed(
  { statements }: Pick<IamIdentity, "statements">,
  action: string,
  resource: string | undefined,
): boolean {
  const effects = statements
    .filter((statement) =>
      statement.Action.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())),
    )
    .filter(
      (statement) =>
        resource === undefined || statement.Resource.some((pattern) => matches(pattern, resource)),
    )
    .map((statement) => statement.Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

/** One or many: IAM's JSON allows a single value wherever it allows a list. */
export const OneOrMany = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((value) => (typeof value === "string" ? [value] : value)),
);

const Statement = v.strictObject({
  Sid: v.optional(v.string()),
  Effect: v.picklist(["Allow", "Deny"]),
  Action: OneOrMany,
  Resource: OneOrMany,
});

const PolicyDocument = v.object({ Statement: v.array(Statement) });

/** IAM's wildcards: `*` for any characters, `?` for one. */
function matches(pattern: string, value: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`, "s").test(value);
}
