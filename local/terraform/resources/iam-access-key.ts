import * as v from "valibot";
import { defineResource } from "../resource-type";

/** An access key of a user. */
export const iamAccessKey = defineResource({
  arguments: v.object({ user: v.string() }),

  create({ user }, { account }) {
    const { accessKeyId, secretAccessKey } = account.issueKey(account.arn("iam", `user/${user}`));
    return { id: accessKeyId, secret: secretAccessKey };
  },
});
