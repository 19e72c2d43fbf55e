import { ArchiveProvider } from "@cdktf/provider-archive/lib/provider";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { EventProcessor } from "./event-processor";
import { EventStream } from "./event-stream";
import { EventTable } from "./event-table";
import { FailureBucket } from "./failure-bucket";
import { ProducerUser } from "./producer-user";
import type { StackSettings } from "./stack-settings";

/** The architecture: producer → stream → processor → table, and a bucket for what could not be stored. */
export class StreamProcessingStack extends TerraformStack {
  constructor(scope: Construct, settings: StackSettings) {
    super(scope, settings.stackName);
    const { region, stackName } = settings;

    new AwsProvider(this, "aws", { region, defaultTags: [{ tags: { Stack: stackName } }] });
    new ArchiveProvider(this, "archive");

    const stream = new EventStream(this, "event-stream", settings);
    const producer = new ProducerUser(this, "producer", settings, stream);
    const table = new EventTable(this, "event-table", settings);
    const failureBucket = new FailureBucket(this, "failure-bucket", settings);
    const processor = new EventProcessor(this, "event-processor", settings, {
      stream,
      table,
      failureBucket,
    });

    this.#output("stream_name", stream.name);
    this.#output("region", region);
    this.#output("access_key_id", producer.accessKeyId);
    this.#output("secret_access_key", producer.secretAccessKey, { sensitive: true });
    this.#output("table_name", table.name);
    this.#output("function_name", processor.functionName);
    this.#output("failure_bucket_name", failureBucket.name);
  }

  #output(name: string, value: string, { sensitive = false } = {}): void {
    new TerraformOutput(this, name, { value, ...(sensitive && { sensitive }) });
  }
}
