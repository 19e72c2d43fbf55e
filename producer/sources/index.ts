import { blueskySource } from "./bluesky/bluesky";
import { fileSource } from "./file/file";
import { sampleSource } from "./sample/sample";
import type { SourceDefinition } from "./source";
import { wikipediaSource } from "./wikipedia/wikipedia";
import { xSource } from "./x/x";

/** Every source that `--source` can name. */
export const sources: Readonly<Record<string, SourceDefinition>> = {
  file: fileSource,
  sample: sampleSource,
  x: xSource,
  bluesky: blueskySource,
  wikipedia: wikipediaSource,
};
