import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { emulatorAccess } from "./aws-access";

export interface S3Emulator {
  url: string;
  createBucket(name: string): Promise<void>;
  /** The objects of a bucket, as text, by their key. */
  objects(bucketName: string): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** The child ends when its standard input does, so that it never outlives this process. */
const CHILD = `
  import { startFauxqs } from "fauxqs";
  const server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
  console.log(server.port);
  process.stdin.resume().on("end", () => process.exit());
`;

/** Starts fauxqs in a child process: it is an ES module, and jest's module registry is not. */
export async function startS3Emulator(): Promise<S3Emulator> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", CHILD], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const url = await Promise.race([
    once(createInterface(child.stdout), "line").then(([port]) => `http://127.0.0.1:${port}`),
    exited.then(([code]) =>
      Promise.reject(new Error(`The S3 emulator ended with code ${code} before it listened.`)),
    ),
  ]);
  const client = new S3Client(emulatorAccess(url));
  return {
    url,
    async createBucket(Bucket) {
      await client.send(new CreateBucketCommand({ Bucket }));
    },
    async objects(Bucket) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      const entries = Contents.map(async ({ Key }) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return [Key, await Body?.transformToString()];
      });
      return Object.fromEntries(await Promise.all(entries));
    },
    async stop() {
      client.destroy();
      child.stdin.end();
      await exited;
    },
  };
}
