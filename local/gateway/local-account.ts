import { randomBytes } from "node:crypto";
import { type IamIdentity, isAllowed, type Statement } from "./iam";

/** An access key, as AWS issues it. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
}

/** The local cloud's account: its users and roles, what their policies allow, and their access keys. */
export class LocalAccount {
  readonly id = "000000000000";
  /** The actions that each user or role has been allowed and denied so far, by its ARN. */
  readonly activity = new Map<string, { allowed: Set<string>; denied: Set<string> }>();
  readonly #keys = new Map<string, { identity: IamIdentity; secretAccessKey: string }>();
  readonly #statementsByPrincipal = new Map<string, Statement[]>();

  /**
   * @param operatorKey the access key of the operator, who may do everything, as a deployer's own credentials may on AWS;
   * a new one by default
   */
  constructor(
    readonly region: string,
    readonly operatorKey: AccessKey = newKey("AKIA"),
  ) {
    const operator = this.arn("iam", "user/operator");
    this.attach(operator, [{ Effect: "Allow", Action: ["*"], Resource: ["*"] }]);
    this.#issue(operatorKey, this.identityOf(operator));
  }

  /** An ARN in this account; IAM's and STS's have no region. */
  arn(service: string, resource: string): string {
    const region = service === "iam" || service === "sts" ? "" : this.region;
    return `arn:aws:${service}:${region}:${this.id}:${resource}`;
  }

  /** Who calls with an access key; undefined if it was not issued here. */
  caller(accessKeyId: string): IamIdentity | undefined {
    return this.#keys.get(accessKeyId)?.identity;
  }

  /** The secret of an access key; undefined if it was not issued here. */
  secretOf(accessKeyId: string): string | undefined {
    return this.#keys.get(accessKeyId)?.secretAccessKey;
  }

  /** Whether a caller's policies allow an action, see `isAllowed`. The answer is added to `activity`. */
  allows(caller: IamIdentity, action: string, resource: string | undefined): boolean {
    const allowed = isAllowed(caller, action, resource);
    const activity = this.activity.get(caller.principal) ?? { allowed: new Set(), denied: new Set() };
    this.activity.set(caller.principal, activity);
    activity[allowed ? "allowed" : "denied"].add(action);
    return allowed;
  }

  /** Attaches a policy's statements to a user or role; they apply to its keys from now on. */
  attach(principalArn: string, statements: readonly Statement[]): void {
    this.#statementsOf(principalArn).push(...statements);
  }

  /** Issues an access key for a user. */
  issueKey(userArn: string): AccessKey {
    return this.#issue(newKey("AKIA"), this.identityOf(userArn));
  }

  /**
   * Issues an access key for a session of a role, such as a service gets when it assumes the role.
   * @param sessionName follows the role's name in AWS's errors
   */
  issueSession(roleArn: string, sessionName: string): AccessKey {
    const arn = this.arn("sts", `assumed-role/${roleArn.split("/").at(-1)}/${sessionName}`);
    return this.#issue(newKey("ASIA"), { ...this.identityOf(roleArn), arn });
  }

  /** The user or role itself, with the statements of its policies. */
  identityOf(principalArn: string): IamIdentity {
    return { arn: principalArn, principal: principalArn, statements: this.#statementsOf(principalArn) };
  }

  #issue(key: AccessKey, identity: IamIdentity): AccessKey {
    this.#keys.set(key.accessKeyId, { identity, secretAccessKey: key.secretAccessKey });
    return key;
  }

  #statementsOf(principalArn: string): Statement[] {
    const statements = this.#statementsByPrincipal.get(principalArn) ?? [];
    this.#statementsByPrincipal.set(principalArn, statements);
    return statements;
  }
}

/** @param prefix shows what a key is for, as AWS's do */
function newKey(prefix: "AKIA" | "ASIA"): AccessKey {
  return {
    accessKeyId: prefix + randomBytes(8).toString("hex").toUpperCase(),
    secretAccessKey: randomBytes(30).toString("base64"),
  };
}
