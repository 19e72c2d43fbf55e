import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DataArchiveFile } from "@cdktf/provider-archive/lib/data-archive-file";
import { App, AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import { buildSync } from "esbuild";

/** A TypeScript handler, bundled by esbuild and zipped by the archive provider, ready for a Lambda function. */
export class NodeFunctionBundle extends Construct {
  /** The zip file, relative to the stack's folder. */
  readonly zipFile: string;
  /** Changes when the code changes, and only then. */
  readonly hash: string;
  /** Lambda's name for the exported function `handler`. */
  readonly handler = "index.handler";

  /** @param entryPoint path, from the project's root, of the TypeScript file that exports `handler` */
  constructor(scope: Construct, id: string, entryPoint: string) {
    super(scope, id);

    const folder = join(App.of(this).outdir, "bundles", this.node.path);
    bundle(entryPoint, folder, this.node.tryGetContext(SOURCE_MAPS) === true);
    const asset = new TerraformAsset(this, "asset", { path: folder, type: AssetType.DIRECTORY });

    const archive = new DataArchiveFile(this, "archive", {
      type: "zip",
      sourceDir: asset.path,
      outputPath: `${asset.path}.zip`,
      // The same mode everywhere, so that the same code gives the same zip on every machine.
      outputFileMode: "0644",
    });
    this.zipFile = archive.outputPath;
    this.hash = archive.outputBase64Sha256;
  }
}

/** The context flag for debugging: it adds source maps, and leaves the code unminified. */
const SOURCE_MAPS = "sourceMaps";

function bundle(entryPoint: string, folder: string, forDebugging: boolean): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  buildSync({
    entryPoints: { index: entryPoint },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: !forDebugging,
    // The asset is a copy in another folder, where paths relative to the map would lead nowhere.
    ...(forDebugging && { sourcemap: "linked", sourceRoot: `${pathToFileURL(folder)}/` }),
    platform: "node",
    // Lambda runs Node.js 24; Node.js 20 is the oldest version on which the local cloud runs.
    target: "node20",
    // ES modules with splitting load only what an invocation needs, and the SDK's module builds are a quarter of
    // the size of its CommonJS builds.
    format: "esm",
    splitting: true,
    mainFields: ["module", "main"],
    // Packages that are CommonJS call require, which ES modules do not have.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    logLevel: "warning",
  });
}
