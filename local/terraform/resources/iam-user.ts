import * as v from "valibot";
import { defineResource, only } from "../resource-type";

/** A user. It has permissions once a policy is attached to it. */
export const iamUser = defineResource({
  arguments: { name: v.string(), path: only("/") },
  harmless: { force_destroy: "nothing is destroyed" },

  create({ name }, { account }) {
    return { id: name, name, arn: account.arn("iam", `user/${name}`) };
  },
});
