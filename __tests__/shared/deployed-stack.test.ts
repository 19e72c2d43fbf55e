import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { deployedStack, parseDeployedOutputs } from "../../shared/deployed-stack";
import { OUTPUTS, SECRET } from "../support/stack-outputs";
import { useTemporaryDirectory } from "../support/temporary-directory";

const directory = useTemporaryDirectory();
const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

function write(name: string, content: unknown): string {
  const file = path.join(directory.path, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("parseDeployedOutputs", () => {
  it("reads the outputs of the only stack", () => {
    expect(parseDeployedOutputs({ demo: { ...OUTPUTS, dashboard_url: "https://example.com" } })).toEqual(
      OUTPUTS,
    );
  });

  it("reads the outputs of the stack that is named", () => {
    expect(parseDeployedOutputs({ other: {}, demo: OUTPUTS }, "demo")).toEqual(OUTPUTS);
  });

  it.each([
    [
      "there is no stack",
      {},
      "no stack is deployed yet; deploy one with `npm run deploy`, or add --local to use the local cloud",
    ],
    [
      "the stack has no outputs",
      { demo: {} },
      "the stack demo has no outputs: it is not deployed yet; deploy it with `npm run deploy`",
    ],
    [
      "an output is missing",
      { demo: { ...OUTPUTS, table_name: undefined } },
      "the stack demo has no output table_name; deploy it again",
    ],
    [
      "there are several stacks",
      { one: OUTPUTS, two: OUTPUTS },
      "there are 2 stacks; name one of them with --stack: one, two",
    ],
    ["the file holds something else", ["x"], "something other than the outputs of stacks"],
  ])("says so when %s", (_, content, message) => {
    expect(() => parseDeployedOutputs(content)).toThrow(message);
  });

  it("never quotes the secret", () => {
    const attempt = () => parseDeployedOutputs({ demo: { ...OUTPUTS, region: 7 } });
    expect(attempt).toThrow("region");
    expect(attempt).not.toThrow(SECRET);
  });
});

/** A fake cdktf that writes down how it was called. */
function fakeCdktf(body: string): string {
  return write(
    "fake-cdktf.js",
    `const fs = require("node:fs"), path = require("node:path");
     const file = process.argv[process.argv.indexOf("--outputs-file") + 1];
     fs.writeFileSync(${JSON.stringify(path.join(directory.path, "note.json"))}, JSON.stringify({
       args: process.argv.slice(2).map((arg) => (arg === file ? "FILE" : arg)),
       directory: path.dirname(file),
       cwd: process.cwd(),
       mode: (fs.statSync(path.dirname(file)).mode & 0o777).toString(8),
       checkpoint: process.env.CHECKPOINT_DISABLE,
     }));
     ${body}`,
  );
}

function note() {
  return JSON.parse(readFileSync(path.join(directory.path, "note.json"), "utf8"));
}

function expectNothingLeftBehind() {
  expect(path.basename(note().directory)).toMatch(/^stack-outputs-/);
  expect(existsSync(note().directory)).toBe(false);
}

const success = `fs.writeFileSync(file, ${JSON.stringify(JSON.stringify({ demo: OUTPUTS }))});`;

describe("deployedStack", () => {
  it("has cdktf write the outputs where no other user can enter, and leaves nothing behind", async () => {
    const stack = await deployedStack({ projectDirectory: directory.path, cdktf: fakeCdktf(success) });
    expect(stack).toEqual({ outputs: OUTPUTS });
    expect(note()).toMatchObject({
      args: ["output", "--outputs-file", "FILE", "--outputs-file-include-sensitive-outputs"],
      cwd: directory.path,
      mode: "700",
      checkpoint: "1",
    });
    expectNothingLeftBehind();
  });

  it("names the stack, and does not synthesize again what is synthesized", async () => {
    write("cdktf.out/manifest.json", {});
    await deployedStack({ stack: "demo", projectDirectory: directory.path, cdktf: fakeCdktf(success) });
    expect(note().args).toEqual([
      "output",
      "demo",
      "--skip-synth",
      "--outputs-file",
      "FILE",
      "--outputs-file-include-sensitive-outputs",
    ]);
  });

  it("repeats cdktf's error, without its spinner, and leaves nothing behind", async () => {
    process.env.TERRAFORM_BINARY_NAME = process.execPath;
    const cdktf = fakeCdktf(
      `${success} console.log("\\u280b  Processing"); console.error("\\u001b[31mError: Found more than one stack, please specify a target stack\\u001b[0m"); process.exit(1);`,
    );
    await expect(deployedStack({ projectDirectory: directory.path, cdktf })).rejects.toThrow(
      /^cdktf output failed; name one of them with --stack\nError: Found more than one stack, please specify a target stack$/,
    );
    expectNothingLeftBehind();
  });

  it("says where to get Terraform if it is missing", async () => {
    process.env.TERRAFORM_BINARY_NAME = path.join(directory.path, "no-terraform");
    const cdktf = fakeCdktf("process.exit(1);");
    await expect(deployedStack({ projectDirectory: directory.path, cdktf })).rejects.toThrow(
      /the Terraform CLI \(.*no-terraform\) cannot be run.*install it from https:/,
    );
    expectNothingLeftBehind();
  });

  it("reports that cdktf wrote nothing", async () => {
    await expect(deployedStack({ projectDirectory: directory.path, cdktf: fakeCdktf("") })).rejects.toThrow(
      "cdktf output wrote no outputs; deploy the stack first with `npm run deploy`",
    );
  });

  it.each(["SIGINT", "SIGHUP"])("leaves nothing behind when it is interrupted by %s", async (signal) => {
    const cdktf = fakeCdktf(
      `${success} process.kill(process.ppid, "${signal}"); setInterval(() => {}, 1000);`,
    );
    // A process of its own: the signal is real.
    const script = write(
      "ask.ts",
      `import { deployedStack } from ${JSON.stringify(path.resolve("shared/deployed-stack"))};
       deployedStack(${JSON.stringify({ projectDirectory: directory.path, cdktf })}).catch((error) => {
         console.log(error.message, error.exitCode);
       });`,
    );
    const { stdout } = spawnSync(process.execPath, ["--import", require.resolve("tsx"), script]);
    expect(stdout.toString()).toBe("interrupted 130\n");
    expectNothingLeftBehind();
  });
});

const hasTerraform = spawnSync("terraform", ["--version"], { stdio: "ignore" }).status === 0;
if (!hasTerraform)
  process.stderr.write("terraform is not on the PATH: its tests of the deployed outputs are skipped\n");

(hasTerraform ? describe : describe.skip)("deployedStack, with Terraform itself", () => {
  /** A project whose one stack has outputs and nothing that needs a provider, deployed if outputs are given. */
  function project(outputs?: Record<string, string>): string {
    write("cdktf.json", {
      language: "typescript",
      app: "false",
      projectId: "demo",
      sendCrashReports: "false",
    });
    write("cdktf.out/manifest.json", {
      version: "0.21.0",
      stacks: {
        demo: {
          name: "demo",
          constructPath: "demo",
          workingDirectory: "stacks/demo",
          synthesizedStackPath: "stacks/demo/cdk.tf.json",
          annotations: [],
          dependencies: [],
        },
      },
    });
    const state = path.join(directory.path, "terraform.demo.tfstate");
    write("cdktf.out/stacks/demo/cdk.tf.json", {
      "//": {
        metadata: { backend: "local", stackName: "demo", version: "0.21.0" },
        outputs: { demo: Object.fromEntries(Object.keys(OUTPUTS).map((name) => [name, name])) },
      },
      output: Object.fromEntries(
        Object.entries(OUTPUTS).map(([name, value]) => [
          name,
          { value, sensitive: name === "secret_access_key" },
        ]),
      ),
      terraform: { backend: { local: { path: state } } },
    });
    if (outputs)
      write("terraform.demo.tfstate", {
        version: 4,
        terraform_version: "1.0.0",
        serial: 1,
        lineage: "test",
        outputs: Object.fromEntries(
          Object.entries(outputs).map(([name, value]) => [
            name,
            { value, type: "string", ...(name === "secret_access_key" && { sensitive: true }) },
          ]),
        ),
        resources: [],
      });
    return directory.path;
  }

  it("reads them, including the secret", async () => {
    expect(await deployedStack({ projectDirectory: project(OUTPUTS) })).toEqual({ outputs: OUTPUTS });
  });

  it("reports a stack that is not deployed yet", async () => {
    await expect(deployedStack({ projectDirectory: project() })).rejects.toThrow(
      "the stack demo has no outputs: it is not deployed yet; deploy it with `npm run deploy`",
    );
  });

  it("reports a name that no stack has", async () => {
    await expect(deployedStack({ stack: "other", projectDirectory: project(OUTPUTS) })).rejects.toThrow(
      /cdktf output failed\n(.|\n)*Could not find stack for pattern 'other'/,
    );
  });
});
