import { IamAccessKey } from "@cdktf/provider-aws/lib/iam-access-key";
import { IamUser } from "@cdktf/provider-aws/lib/iam-user";
import { Construct } from "constructs";
import type { EventStream } from "./event-stream";
import type { StackSettings } from "./stack-settings";

/** The IAM user as which a client puts records on the stream, with the access key for it. */
export class ProducerUser extends Construct {
  readonly accessKeyId: string;
  /** Sensitive. It stands in the Terraform state, so the state must be kept as safe as the key itself. */
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
