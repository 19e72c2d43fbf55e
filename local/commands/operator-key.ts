import type { Environment } from "../../shared/environment-file";
import { CommandError, ExitCode } from "../../shared/errors";
import type { AccessKey } from "../gateway/local-account";

/**
 * The operator's access key that the environment sets, so that it stays the same from start to start. (Every user of the
 * machine can read the options of a process.)
 * @returns undefined if it sets none: each start makes its own
 * @throws CommandError when only half of it is set, or when it could not be an access key
 */
export function operatorKeyOf({
  OPERATOR_ACCESS_KEY_ID: accessKeyId = "",
  OPERATOR_SECRET_ACCESS_KEY: secretAccessKey = "",
}: Environment): AccessKey | undefined {
  if (accessKeyId === "" && secretAccessKey === "") return undefined;
  if (accessKeyId === "" || secretAccessKey === "")
    throw new CommandError(
      "OPERATOR_ACCESS_KEY_ID and OPERATOR_SECRET_ACCESS_KEY belong together; set both, or none for a new key",
      ExitCode.usage,
    );
  if (!/^\w{1,128}$/.test(accessKeyId))
    throw new CommandError(
      `OPERATOR_ACCESS_KEY_ID is "${accessKeyId}"; an access key's ID has up to 128 letters and digits`,
      ExitCode.usage,
    );
  if (/\s/.test(secretAccessKey))
    throw new CommandError("OPERATOR_SECRET_ACCESS_KEY has white space; remove it", ExitCode.usage);
  return { accessKeyId, secretAccessKey };
}
