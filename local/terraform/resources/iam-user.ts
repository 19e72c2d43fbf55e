import * as v from "valibot";
import { defineResource } from "../resource-type";

/** A user. It has permissions once a policy is attached to it. */
export const iamUser = defineResource({
  arguments: v.object({ name: v.string() }),

  create({ name }, { account }) {
    return { id: name, name, arn: account.arn("iam", `user/${name}`) };
  },
});
