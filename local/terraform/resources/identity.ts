import * as v from "valibot";
import { parsePolicy } from "../../gateway/iam";
import type { Provisioning } from "../resource-type";
import type { Attributes } from "../terraform-document";

const Principal = v.object({ name: v.string() });

export function createRole(args: unknown, { account }: Provisioning): Attributes {
  const { name } = v.parse(Principal, args);
  return { id: name, name, arn: account.arn("iam", `role/${name}`) };
}

export function createUser(args: unknown, { account }: Provisioning): Attributes {
  const { name } = v.parse(Principal, args);
  return { id: name, name, arn: account.arn("iam", `user/${name}`) };
}

export function createRolePolicy(args: unknown, { account }: Provisioning): Attributes {
  const { name, role, policy } = v.parse(
    v.object({ name: v.string(), role: v.string(), policy: v.string() }),
    args,
  );
  account.attach(account.arn("iam", `role/${role}`), parsePolicy(name, policy));
  return { id: `${role}:${name}` };
}

export function createUserPolicy(args: unknown, { account }: Provisioning): Attributes {
  const { name, user, policy } = v.parse(
    v.object({ name: v.string(), user: v.string(), policy: v.string() }),
    args,
  );
  account.attach(account.arn("iam", `user/${user}`), parsePolicy(name, policy));
  return { id: `${user}:${name}` };
}

export function createAccessKey(args: unknown, { account }: Provisioning): Attributes {
  const { user } = v.parse(v.object({ user: v.string() }), args);
  const { accessKeyId, secretAccessKey } = account.issueKey(account.arn("iam", `user/${user}`));
  return { id: accessKeyId, secret: secretAccessKey };
}

const PolicyDocument = v.object({
  statement: v.array(
    v.object({
      sid: v.optional(v.string()),
      effect: v.optional(v.string(), "Allow"),
      actions: v.array(v.string()),
      resources: v.optional(v.array(v.string())),
      principals: v.optional(v.unknown()),
      condition: v.optional(v.unknown()),
    }),
  ),
});

/** Renders the JSON that Terraform's data source would; what it cannot say for certain, a policy's reader refuses. */
export function createPolicyDocument(args: unknown): Attributes {
  const { statement } = v.parse(PolicyDocument, args);
  const Statement = statement.map(({ sid, effect, actions, resources, principals, condition }) => ({
    ...(sid !== undefined && { Sid: sid }),
    Effect: effect,
    Action: actions,
    ...(resources !== undefined && { Resource: resources }),
    ...(principals !== undefined && { Principal: principals }),
    ...(condition !== undefined && { Condition: condition }),
  }));
  return { json: JSON.stringify({ Version: "2012-10-17", Statement }) };
}
