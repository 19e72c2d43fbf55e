import * as v from "valibot";
import { defineResource } from "../resource-type";

/**
 * The JSON of a policy, as Terraform's data source renders it. Conditions and principals stay in it, so that parsing the
 * policy fails on what is not supported locally, instead of allowing more.
 */
export const iamPolicyDocument = defineResource({
  arguments: v.object({
    statement: v.array(
      v.object({
        sid: v.optional(v.string()),
        effect: v.optional(v.string(), "Allow"),
        actions: v.array(v.string()),
        resources: v.optional(v.array(v.string())),
        principals: v.optional(v.unknown()),
        condition: v.optional(v.unknown()),
      }),
    ),
  }),

  create({ statement }) {
    const Statement = statement.map(({ sid, effect, actions, resources, principals, condition }) => ({
      ...(sid !== undefined && { Sid: sid }),
      Effect: effect,
      Action: actions,
      ...(resources !== undefined && { Resource: resources }),
      ...(principals !== undefined && { Principal: principals }),
      ...(condition !== undefined && { Condition: condition }),
    }));
    return { json: JSON.stringify({ Version: "2012-10-17", Statement }) };
  },
});
