import { App } from "cdktf";
import { ConfigurationError, readConfiguration } from "./infrastructure/stack-settings";
import { StreamProcessingStack } from "./infrastructure/stream-processing-stack";

try {
  const app = new App();
  const configuration = readConfiguration({
    context: app.node.tryGetContext("settings"),
    environment: process.env,
    commandLine: process.argv.slice(2),
  });
  new StreamProcessingStack(app, configuration);
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
