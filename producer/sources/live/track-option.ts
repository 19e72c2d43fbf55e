import { Option } from "commander";
import { list } from "../../../shared/option-values";

/** For the sources that deliver posts about something; one object, because the command has the option once. */
export const trackOption = new Option(
  "--track <terms>",
  "only posts with one of these terms, separated by commas; may be repeated",
).argParser(list);
