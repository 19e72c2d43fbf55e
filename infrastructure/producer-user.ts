import { IamAccessKey } from "@cdktf/provider-aws/lib/iam-access-key";
import { IamUser } from "@cdktf/provider-aws/lib/iam-user";
import { Construct } from "constructs";
import type { EventStream } from "./event-stream";
import type { StackSettings } from "./stack-settings";

/** The IAM user that may put records on the stream, and its access key. */
export class ProducerUser extends Construct {
  readonly accessKeyId: string;
  /** Sensitive. The Terraform state contains it: keep the state as safe as the key itself. */
  readonly secretAccessKey: string;

  constructor(scope: Construct, id: string, settings: StackSettings, stream: EventStream) {
    super(scope, id);

    const user = new IamUser(this, "Default", { name: `${settings.stackName}-producer` });
    stream.grantWrite(user);

    const accessKey = new IamAccessKey(this, "access-key", { user: user.name });
    this.accessKeyId = accessKey.id;
    this.secretAccessKey = accessKey.secret;
  }
}
