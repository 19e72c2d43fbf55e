import { randomBytes } from "node:crypto";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import * as v from "valibot";
import { defineResource, only, UnsupportedArgumentError } from "../resource-type";

/** A bucket, with the declared name or with a random one after the declared prefix. */
export const s3Bucket = defineResource({
  arguments: {
    bucket: v.optional(v.string()),
    bucket_prefix: v.optional(v.string()),
    object_lock_enabled: only(false),
  },
  harmless: { force_destroy: "the local cloud keeps nothing beyond its end" },

  async create({ bucket, bucket_prefix }, { clients }) {
    if (bucket !== undefined && bucket_prefix !== undefined)
      throw new UnsupportedArgumentError(
        "bucket_prefix",
        bucket_prefix,
        `but the bucket has a name, ${bucket}`,
      );
    const name = bucket ?? (bucket_prefix ?? "terraform-") + randomBytes(8).toString("hex");
    await clients.s3.send(new CreateBucketCommand({ Bucket: name }));
    return { id: name, bucket: name, arn: `arn:aws:s3:::${name}` };
  },
});
