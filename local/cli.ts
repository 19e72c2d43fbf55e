import { Command, Option } from "commander";
import { ExitCode, runCommand } from "../cli/command";
