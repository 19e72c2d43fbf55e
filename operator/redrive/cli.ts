import { runCommand } from "../../shared/run-command";
import { redriveCommand } from "./options";
import { redrive } from "./redrive";

void runCommand(redriveCommand().action(redrive));
