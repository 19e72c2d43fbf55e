import * as v from "valibot";
import { defineResource, only } from "../resource-type";

/** An access key of a user. */
export const iamAccessKey = defineResource({
  arguments: { user: v.string(), status: only("Active") },

  create({ user }, { account }) {
    const { accessKeyId, secretAccessKey } = account.issueKey(account.arn("iam", `user/${user}`));
    return { id: accessKeyId, secret: secretAccessKey };
  },
});
