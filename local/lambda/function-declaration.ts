/** A Lambda function as the stack declares it. */
export interface FunctionDeclaration {
  name: string;
  arn: string;
  /** The role whose permissions the function has. */
  roleArn: string;
  /** The folder with the bundle. */
  codeFolder: string;
  /** Such as `index.handler`. */
  handler: string;
  /** In megabytes. */
  memorySize: number;
  /** In seconds. */
  timeout: number;
  /** Every variable that the function's process has: the declared ones, and those that Lambda adds. */
  environment: Record<string, string>;
  /** The log group that its output goes to. */
  logGroup: string;
  /** Whether it sends traces to X-Ray. */
  isTraced: boolean;
}
