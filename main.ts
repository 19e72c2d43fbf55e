// The composition root: settings → App → stack → synth. `cdktf` runs it as the app of cdktf.json.
import { App } from "cdktf";
import { readStackSettings, SettingsError } from "./infrastructure/stack-settings";
import { StreamProcessingStack } from "./infrastructure/stream-processing-stack";

try {
  const app = new App();
  const settings = readStackSettings({
    context: app.node.tryGetContext("settings"),
    environment: process.env,
    commandLine: process.argv.slice(2),
  });
  new StreamProcessingStack(app, settings);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
