import { Option } from "commander";
import { list } from "../../../shared/option-values";

/** Shared by the sources that select posts by terms: the command may define an option only once. */
export const trackOption = new Option(
  "--track <terms>",
  "only posts with one of these terms, separated by commas; may be repeated",
).argParser(list);
