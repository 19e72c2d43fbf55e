import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { IamUser } from "@cdktf/provider-aws/lib/iam-user";
import { IamUserPolicy } from "@cdktf/provider-aws/lib/iam-user-policy";

/** Adds an inline policy of these statements to the role. Resources that need it must depend on the returned policy. */
export function allowRole(
  role: IamRole,
  name: string,
  ...statement: DataAwsIamPolicyDocumentStatement[]
): IamRolePolicy {
  const document = new DataAwsIamPolicyDocument(role, `${name}-document`, { statement });
  return new IamRolePolicy(role, name, { name, role: role.name, policy: document.json });
}

/** Adds an inline policy of these statements to the user. */
export function allowUser(
  user: IamUser,
  name: string,
  ...statement: DataAwsIamPolicyDocumentStatement[]
): IamUserPolicy {
  const document = new DataAwsIamPolicyDocument(user, `${name}-document`, { statement });
  return new IamUserPolicy(user, name, { name, user: user.name, policy: document.json });
}
