import * as v from "valibot";
import { defineResource } from "../resource-type";

/** A log group. It has only an ARN: the local cloud writes each function's log to a file. */
export const cloudwatchLogGroup = defineResource({
  arguments: v.object({ name: v.string() }),

  create({ name }, { account }) {
    return { id: name, name, arn: account.arn("logs", `log-group:${name}`) };
  },
});
