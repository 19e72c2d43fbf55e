import * as v from "valibot";
import { block, defineResource, only } from "../resource-type";

/**
 * The JSON of a policy, as Terraform's data source renders it. Conditions and principals stay in it, so that parsing the
 * policy fails on what is not supported locally, instead of allowing more.
 */
export const iamPolicyDocument = defineResource({
  arguments: {
    version: only("2012-10-17"),
    statement: v.array(
      block({
        sid: v.optional(v.string()),
        effect: v.optional(v.picklist(["Allow", "Deny"]), "Allow"),
        actions: v.array(v.string()),
        resources: v.optional(v.array(v.string())),
        principals: v.optional(v.array(block({ type: v.string(), identifiers: v.array(v.string()) }))),
        condition: v.optional(
          v.array(block({ test: v.string(), variable: v.string(), values: v.array(v.string()) })),
        ),
      }),
    ),
  },
  harmless: { policy_id: "it is a name that nothing refers to" },

  create({ statement }) {
    const Statement = statement.map(({ sid, effect, actions, resources, principals, condition }) => ({
      ...(sid !== undefined && { Sid: sid }),
      Effect: effect,
      Action: actions,
      ...(resources !== undefined && { Resource: resources }),
      ...(principals !== undefined && {
        Principal: Object.fromEntries(principals.map(({ type, identifiers }) => [type, identifiers])),
      }),
      ...(condition !== undefined && { Condition: condition }),
    }));
    return { json: JSON.stringify({ Version: "2012-10-17", Statement }) };
  },
});
