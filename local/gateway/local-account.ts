import { randomBytes } from "node:crypto";
import { type IamIdentity, isAllowed, type Statement } from "./iam";

/** An access key, as AWS issues it. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * The operator's access key, in place of a deployer's own credentials on AWS. It may do everything, and is the same on
 * every machine, so that it is easy to type.
 */
export const OPERATOR_KEY: AccessKey = { accessKeyId: "operator", secretAccessKey: "operator" };

/** The local cloud's account: its users and roles, what their policies allow, and their access keys. */
export class LocalAccount {
  readonly id = "000000000000";
  /** The actions that each user or role has been allowed and denied so far, by its ARN. */
  readonly activity = new Map<string, { allowed: Set<string>; denied: Set<string> }>();
  readonly #identities = new Map<string, IamIdentity>();
  readonly #statementsByPrincipal = new Map<string, Statement[]>();

  constructor(readonly region: string) {
    const everything: Statement = { Effect: "Allow", Action: ["*"], Resource: ["*"] };
    const operator = this.arn("iam", "user/operator");
    this.attach(operator, [everything]);
    this.#identities.set(OPERATOR_KEY.accessKeyId, this.identityOf(operator));
  }

  /** An ARN in this account; IAM's and STS's have no region. */
  arn(service: string, resource: string): string {
    const region = service === "iam" || service === "sts" ? "" : this.region;
    return `arn:aws:${service}:${region}:${this.id}:${resource}`;
  }

  /** Who calls with an access key; undefined if it was not issued here. */
  caller(accessKeyId: string): IamIdentity | undefined {
    return this.#identities.get(accessKeyId);
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
    return this.#newKey("AKIA", this.identityOf(userArn));
  }

  /**
   * Issues an access key for a session of a role, such as a service gets when it assumes the role.
   * @param sessionName follows the role's name in AWS's errors
   */
  issueSession(roleArn: string, sessionName: string): AccessKey {
    const arn = this.arn("sts", `assumed-role/${roleArn.split("/").at(-1)}/${sessionName}`);
    return this.#newKey("ASIA", { ...this.identityOf(roleArn), arn });
  }

  /** The user or role itself, with the statements of its policies. */
  identityOf(principalArn: string): IamIdentity {
    return { arn: principalArn, principal: principalArn, statements: this.#statementsOf(principalArn) };
  }

  #newKey(prefix: string, identity: IamIdentity): AccessKey {
    const accessKeyId = prefix + randomBytes(8).toString("hex").toUpperCase();
    this.#identities.set(accessKeyId, identity);
    return { accessKeyId, secretAccessKey: randomBytes(30).toString("base64") };
  }

  #statementsOf(principalArn: string): Statement[] {
    const statements = this.#statementsByPrincipal.get(principalArn) ?? [];
    this.#statementsByPrincipal.set(principalArn, statements);
    return statements;
  }
}
