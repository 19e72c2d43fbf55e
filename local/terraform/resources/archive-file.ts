import { createHash } from "node:crypto";
import { resolve } from "node:path";
import * as v from "valibot";
import { defineResource } from "../resource-type";

/** A zip of a function's code. It is not made: the function runs from the folder itself. */
export const archiveFile = defineResource({
  arguments: v.object({ output_path: v.string(), source_dir: v.string() }),

  create({ output_path, source_dir }, { archives, folder }) {
    archives.set(output_path, resolve(folder, source_dir));
    // The path holds the content's hash, so this changes with the content, too.
    return { output_path, output_base64sha256: createHash("sha256").update(output_path).digest("base64") };
  },
});
