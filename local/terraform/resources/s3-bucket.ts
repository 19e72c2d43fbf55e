import { randomBytes } from "node:crypto";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import * as v from "valibot";
import { defineResource } from "../resource-type";

/** A bucket, with the declared name or with a random one after the declared prefix. */
export const s3Bucket = defineResource({
  arguments: v.union([v.object({ bucket: v.string() }), v.object({ bucket_prefix: v.string() })]),

  async create(name, { clients }) {
    const bucket = "bucket" in name ? name.bucket : name.bucket_prefix + randomBytes(8).toString("hex");
    await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
    return { id: bucket, bucket, arn: `arn:aws:s3:::${bucket}` };
  },
});
