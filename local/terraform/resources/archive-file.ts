import { createHash } from "node:crypto";
import { resolve } from "node:path";
import * as v from "valibot";
import { defineResource, only } from "../resource-type";

/** A zip of a function's code. It is not made: the function runs from the folder itself. */
export const archiveFile = defineResource({
  arguments: { type: only("zip"), output_path: v.string(), source_dir: v.string() },
  harmless: { output_file_mode: "there is no zip" },

  create({ output_path, source_dir }, { archives, folder }) {
    archives.set(output_path, resolve(folder, source_dir));
    // The path holds the content's hash, so this changes with the content, too.
    return { output_path, output_base64sha256: createHash("sha256").update(output_path).digest("base64") };
  },
});
