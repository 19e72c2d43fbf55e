import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import * as v from "valibot";
import type { InputIdentity } from "../source";

/** How much of a file's beginning is compared. Two files of posts differ within their first few posts. */
const HEAD_BYTES = 64 * 1024;

const Identity = v.object({ size: v.number(), headBytes: v.number(), headSha256: v.string() });
type Identity = v.InferOutput<typeof Identity>;

/**
 * Recognizes a file: its first 64 KiB are the same and it is not shorter. A file that is appended to is therefore still
 * the same file, text or gzip, even when it is moved; a new file with the old name is not. A file that was empty is only
 * recognized as long as it is empty.
 */
export class FileIdentity implements InputIdentity {
  constructor(readonly file: FileHandle) {}

  /** @returns with an earlier identity, its size, and as much of the beginning as there is now */
  async identify(earlier?: unknown): Promise<Identity> {
    const { size } = await this.file.stat();
    const known = v.parse(v.optional(Identity), earlier);
    if (known && (known.headBytes === HEAD_BYTES || !(await this.#beginsAs(known)))) return known;
    const headBytes = Math.min(size, HEAD_BYTES);
    return { size: known?.size ?? size, headBytes, headSha256: await this.#hashOfHead(headBytes) };
  }

  async compare(identity: unknown): Promise<"same" | "grown" | "different"> {
    const known = v.safeParse(Identity, identity);
    if (!known.success) return "different";
    const { size, headBytes } = known.output;
    const now = await this.file.stat();
    // Every file begins with nothing.
    if (headBytes === 0 && now.size > 0) return "different";
    if (now.size < size || !(await this.#beginsAs(known.output))) return "different";
    return now.size === size ? "same" : "grown";
  }

  async #beginsAs({ headBytes, headSha256 }: Identity): Promise<boolean> {
    return (await this.#hashOfHead(headBytes)) === headSha256;
  }

  /** Reads at an explicit position, so that the position from which the file is read as input does not move. */
  async #hashOfHead(bytes: number): Promise<string> {
    const { buffer, bytesRead } = await this.file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return createHash("sha256").update(buffer.subarray(0, bytesRead)).digest("hex");
  }
}
