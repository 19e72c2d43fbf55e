import { blueskySource } from "./bluesky";
import { fileSource } from "./file";
import { sampleSource } from "./sample";
import type { SourceDefinition } from "./source";
import { wikipediaSource } from "./wikipedia";

/** Every source that `--source` can name. */
export const sources: Readonly<Record<string, SourceDefinition>> = {
  file: fileSource,
  sample: sampleSource,
  bluesky: blueskySource,
  wikipedia: wikipediaSource,
};
