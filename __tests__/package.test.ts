import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import packageJson from "../package.json";

type Lockfile = { packages: Record<string, { hasInstallScript?: true }> };

describe("package.json", () => {
  it("decides for every dependency with an install script whether npm may run it", () => {
    const { packages }: Lockfile = JSON.parse(readFileSync("package-lock.json", "utf8"));
    const withScripts = Object.entries(packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
    expect(Object.keys(packageJson.allowScripts).sort()).toEqual([...new Set(withScripts)].sort());
  });
});
