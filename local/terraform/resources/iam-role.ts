import * as v from "valibot";
import { OneOrMany } from "../../gateway/iam";
import { block, defineResource, only, UnsupportedArgumentError } from "../resource-type";

/** A role. It has permissions once a policy is attached to it, and keys once a service assumes it. */
export const iamRole = defineResource({
  arguments: { name: v.string(), path: only("/"), assume_role_policy: v.string() },
  harmless: {
    description: "nothing reads it",
    max_session_duration: "a session here has no end",
    force_detach_policies: "nothing is destroyed",
  },

  create({ name, assume_role_policy }, { account, trustedServices }) {
    const arn = account.arn("iam", `role/${name}`);
    trustedServices.set(arn, servicesIn(assume_role_policy));
    return { id: name, name, arn };
  },
});

/** As much of a trust policy as is carried out: services that may assume the role, without conditions. */
const TrustPolicy = v.object({
  Statement: v.array(
    block({
      Sid: v.optional(v.string()),
      Effect: v.literal("Allow"),
      Action: OneOrMany,
      Principal: block({ Service: OneOrMany }),
    }),
  ),
});

function servicesIn(policy: string): string[] {
  const trust = v.safeParse(TrustPolicy, JSON.parse(policy));
  if (!trust.success)
    throw new UnsupportedArgumentError(
      `assume_role_policy.${v.getDotPath(trust.issues[0])}`,
      trust.issues[0].input,
      "but only services may assume a role here, without conditions",
    );
  return trust.output.Statement.filter(({ Action }) =>
    Action.some((action) => ["sts:AssumeRole", "sts:*", "*"].includes(action)),
  ).flatMap(({ Principal }) => Principal.Service);
}
