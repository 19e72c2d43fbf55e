import * as v from "valibot";
import { parsePolicy } from "../../gateway/iam";
import { defineResource } from "../resource-type";

/** What a role may do. */
export const iamRolePolicy = defineResource({
  arguments: { name: v.string(), role: v.string(), policy: v.string() },

  create({ name, role, policy }, { account }) {
    account.attach(account.arn("iam", `role/${role}`), parsePolicy(name, policy));
    return { id: `${role}:${name}` };
  },
});
