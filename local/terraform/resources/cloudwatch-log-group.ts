import * as v from "valibot";
import { defineResource } from "../resource-type";

/** A log group. It has only an ARN: the local cloud writes each function's log to a file. */
export const cloudwatchLogGroup = defineResource({
  arguments: { name: v.string() },
  harmless: {
    retention_in_days: "the file holds the last start only",
    log_group_class: "a file has none",
    kms_key_id: "the file is for its user only",
    skip_destroy: "nothing is destroyed",
  },

  create({ name }, { account }) {
    return { id: name, name, arn: account.arn("logs", `log-group:${name}`) };
  },
});
