import { createServer, type Server, type ServerResponse } from "node:http";
import { S3Client } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { FailureBucketClient, ObjectFailedError } from "../../../operator/redrive/failure-bucket-client";
import type { Patience } from "../../../operator/redrive/patience";
import { CommandError } from "../../../shared/errors";
import { close, listen } from "../../../test-servers/listen";
import { testStack } from "../../support/test-stack";

const never = new AbortController().signal;
const object = { key: "rejected/a", bytes: 10, lastModified: new Date() };
const read = { content: new Uint8Array(), etag: '"x"' };

let server: Server | undefined;
let bucket: FailureBucketClient | undefined;
afterEach(async () => {
  bucket?.close();
  if (server) await close(server);
  server = undefined;
});

/** A second of silence is long enough even where this machine is busy; where every call fails, less will do. */
const PATIENT: Patience = { silenceMs: 1000, attempts: 5 };
const IMPATIENT: Patience = { silenceMs: 200, attempts: 2 };

function open(endpoint: string, patience: Patience = PATIENT): FailureBucketClient {
  bucket = new FailureBucketClient(testStack(endpoint), never, never, patience);
  return bucket;
}

/** Serves an object whose first answers are given by this. */
async function serve(...first: ((response: ServerResponse) => void)[]): Promise<string> {
  server = createServer((_, response) => {
    const answer = first.shift();
    if (answer) answer(response);
    else response.writeHead(200, { "content-length": 10, etag: '"x"' }).end("0123456789");
  });
  return listen(server);
}

const silent = () => undefined;
const silentMidway = (response: ServerResponse) => {
  response.writeHead(200, { "content-length": 10, etag: '"x"' }).write("01234");
};

describe("S3, when it stays silent,", () => {
  it("is asked again: the object is read", async () => {
    const content = await open(await serve(silent)).read(object);
    expect(content).toEqual({ content: new Uint8Array(Buffer.from("0123456789")), etag: '"x"' });
  });

  it("in the middle of an object, is asked again: the object is read", async () => {
    const content = await open(await serve(silentMidway, silentMidway)).read(object);
    expect(content).toEqual({ content: new Uint8Array(Buffer.from("0123456789")), etag: '"x"' });
  });

  const doings = {
    "read objects from": (s3: FailureBucketClient) => s3.read(object),
    "delete objects from": (s3: FailureBucketClient) => s3.remove(object, read),
    "write objects to": (s3: FailureBucketClient) => s3.replace(object, read, new Uint8Array(1)),
  };
  it.each(Object.entries(doings))("on every attempt to %s it, fails that object only", async (doing, act) => {
    const failed = act(open(await serve(silent, silent), IMPATIENT));
    await expect(failed).rejects.toThrow(
      /^could not .* the failure bucket b in eu-west-1 at http:.*: .*timed out after 200 ms of inactivity/,
    );
    await expect(failed).rejects.toThrow(`could not ${doing} the failure bucket`);
    await expect(failed).rejects.toBeInstanceOf(ObjectFailedError);
  });

  it("on every attempt to list the bucket, fails the run", async () => {
    const failed = open(await serve(silent, silent), IMPATIENT).survey();
    await expect(failed).rejects.toThrow(/^could not list the failure bucket b .*timed out after 200 ms/);
    await expect(failed).rejects.toBeInstanceOf(CommandError);
    await expect(failed).rejects.not.toBeInstanceOf(ObjectFailedError);
  });

  it("may take longer than that in all, as long as bytes arrive", async () => {
    const slow = (response: ServerResponse) => {
      response.writeHead(200, { "content-length": 5, etag: '"x"' });
      let sent = 0;
      const timer = setInterval(() => {
        response.write(String(sent++));
        if (sent === 5) clearInterval(timer);
      }, 300);
    };
    const content = await open(await serve(slow)).read(object);
    expect(Buffer.from(content?.content ?? []).toString()).toBe("01234");
  });
});

describe("an answer of S3", () => {
  it("without content fails that object, instead of being asked for forever", async () => {
    const send = jest.spyOn(S3Client.prototype, "send").mockImplementation(async () => ({}));
    try {
      const failed = open("http://127.0.0.1:1").read(object);
      await expect(failed).rejects.toThrow(/: the answer has no content$/);
      await expect(failed).rejects.toBeInstanceOf(ObjectFailedError);
      expect(send).toHaveBeenCalledTimes(1);
    } finally {
      send.mockRestore();
    }
  });
});

describe("an object that vanished since it was read", () => {
  const gone = (response: ServerResponse) =>
    response.writeHead(404).end("<Error><Code>NoSuchKey</Code><Message>no</Message></Error>");

  it("is not replaced: what it held is someone else's to report", async () => {
    expect(await open(await serve(gone)).replace(object, read, Buffer.from("0123456789"))).toBe(false);
  });

  it("counts as removed, since the answer to this very removal may have been lost", async () => {
    expect(await open(await serve(gone)).remove(object, read)).toBe(true);
  });
});
