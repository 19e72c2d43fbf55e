import * as v from "valibot";
import { parsePolicy } from "../../gateway/iam";
import { defineResource } from "../resource-type";

/** What a user may do. */
export const iamUserPolicy = defineResource({
  arguments: { name: v.string(), user: v.string(), policy: v.string() },

  create({ name, user, policy }, { account }) {
    account.attach(account.arn("iam", `user/${user}`), parsePolicy(name, policy));
    return { id: `${user}:${name}` };
  },
});
