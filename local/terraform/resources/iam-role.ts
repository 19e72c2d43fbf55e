import * as v from "valibot";
import { defineResource } from "../resource-type";

/** A role. It has permissions once a policy is attached to it, and keys once a session of it begins. */
export const iamRole = defineResource({
  arguments: v.object({ name: v.string() }),

  create({ name }, { account }) {
    return { id: name, name, arn: account.arn("iam", `role/${name}`) };
  },
});
