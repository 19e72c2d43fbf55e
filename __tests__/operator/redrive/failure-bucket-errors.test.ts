import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "@jest/globals";
import { FailureBucketClient, ObjectFailedError } from "../../../operator/redrive/failure-bucket-client";
import { CommandError } from "../../../shared/errors";
import { close, listen } from "../../../test-servers/listen";
import { testStack } from "../../support/test-stack";

const object = { key: "rejected/a", bytes: 4, lastModified: new Date() };
const content = { content: Buffer.from("read"), etag: '"x"' };
const rest = Buffer.from("rest");

let server: Server;
let requests: IncomingMessage[];
let bucket: FailureBucketClient;
let stop: AbortController;
let abort: AbortController;
afterEach(async () => {
  bucket.close();
  await close(server);
});

type Answer = (response: ServerResponse) => void;

/** Opens a bucket of a server that gives these answers, the last one again and again. */
async function open(...answers: Answer[]): Promise<FailureBucketClient> {
  requests = [];
  stop = new AbortController();
  abort = new AbortController();
  server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    (answers.length > 1 ? answers.shift() : answers[0])?.(response);
  });
  const patience = { silenceMs: 5000, attempts: 1 };
  bucket = new FailureBucketClient(testStack(await listen(server)), stop.signal, abort.signal, patience);
  return bucket;
}

const holds =
  (text: string): Answer =>
  (response) =>
    response.writeHead(200, { etag: '"y"' }).end(text);
const fails =
  (status: number, code: string): Answer =>
  (response) =>
    response.writeHead(status).end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
const lists =
  (...objects: [key: string, minute: number][]): Answer =>
  (response) => {
    const contents = objects.map(
      ([key, minute]) =>
        `<Contents><Key>${key}</Key><Size>4</Size><LastModified>2026-11-23T07:0${minute}:00.000Z</LastModified></Contents>`,
    );
    response.writeHead(200).end(`<ListBucketResult>${contents.join("")}</ListBucketResult>`);
  };

const read = (client: FailureBucketClient) => client.read(object);
const remove = (client: FailureBucketClient) => client.remove(object, content);
const replace = (client: FailureBucketClient) => client.replace(object, content, rest);
const survey = (client: FailureBucketClient) => client.survey();

describe("a call of the failure bucket that is denied", () => {
  it.each([
    ["list", "s3:ListBucket", survey],
    ["read objects from", "s3:GetObject", read],
    ["delete objects from", "s3:DeleteObject and s3:GetObject", remove],
    ["write objects to", "s3:PutObject and s3:GetObject", replace],
  ])("to %s it names the permission, and ends the run", async (doing, permission, act) => {
    const error = await act(await open(fails(403, "AccessDenied"))).catch((error: unknown) => error);
    const { port } = server.address() as { port: number };
    expect(error).toEqual(
      new CommandError(
        `your AWS credentials may not ${doing} the failure bucket b in eu-west-1 at http://127.0.0.1:${port}; they need ${permission}`,
      ),
    );
    expect(error).not.toBeInstanceOf(ObjectFailedError);
  });
});

describe("an object that someone else changed since it was read", () => {
  it.each(["PreconditionFailed", "ConditionalRequestConflict"])(
    "is not removed, nor replaced (%s)",
    async (code) => {
      expect(await remove(await open(fails(412, code)))).toBe(false);
      expect(requests.map(({ method, headers }) => [method, headers["if-match"]])).toEqual([
        ["DELETE", '"x"'],
      ]);
      bucket.close();
      await close(server);

      expect(await replace(await open(fails(412, code), holds("other")))).toBe(false);
      expect(requests.map(({ method, headers }) => [method, headers["if-match"]])).toEqual([
        ["PUT", '"x"'],
        ["GET", undefined],
      ]);
    },
  );

  it("counts as replaced if it is what it should be: the first answer was lost", async () => {
    expect(await replace(await open(fails(412, "PreconditionFailed"), holds("rest")))).toBe(true);
  });

  it("is not replaced if it is gone by then", async () => {
    expect(await replace(await open(fails(412, "PreconditionFailed"), fails(404, "NoSuchKey")))).toBe(false);
  });
});

describe("an object that is as it was", () => {
  it("is read with its ETag, replaced, and removed", async () => {
    expect(await read(await open(holds("0123")))).toEqual({
      content: new Uint8Array(Buffer.from("0123")),
      etag: '"y"',
    });
    expect(await replace(bucket)).toBe(true);
    expect(await remove(bucket)).toBe(true);
    expect(requests.map(({ method, url }) => `${method} ${url?.split("?")[0]}`)).toEqual([
      "GET /b/rejected/a",
      "PUT /b/rejected/a",
      "DELETE /b/rejected/a",
    ]);
  });

  it("is not read if it is gone", async () => {
    expect(await read(await open(fails(404, "NoSuchKey")))).toBeUndefined();
  });
});

describe("a second Ctrl-C", () => {
  it.each([
    ["reading", read],
    ["removing", remove],
    ["replacing", replace],
  ])("ends the %s of an object, and is the fault", async (_, act) => {
    const failed = act(await open(() => abort.abort()));
    await expect(failed).rejects.toEqual(
      expect.objectContaining({
        message: "interrupted: what was not removed is still set aside",
        exitCode: 130,
      }),
    );
  });
});

describe("the listing of a bucket", () => {
  it("counts the objects, and finds the newest, wherever it stands", async () => {
    const client = await open(lists(["aws/lambda/a", 3], ["aws/lambda/b", 5], ["aws/lambda/c", 4]), lists());
    expect(await client.survey()).toEqual({ objects: 3, newest: new Date("2026-11-23T07:05:00Z") });
  });

  it("yields nothing after a survey that found nothing", async () => {
    const client = await open(lists(["aws/lambda/a", 3]));
    expect(await client.objects({ objects: 0, newest: undefined }).next()).toEqual({
      done: true,
      value: undefined,
    });
    expect(requests).toEqual([]);
  });

  it("ends with the first Ctrl-C, between two objects or during a call", async () => {
    const client = await open(lists(["aws/lambda/a", 3], ["aws/lambda/b", 4]), () => stop.abort());
    const objects = client.objects({ objects: 2, newest: new Date("2026-11-23T08:00:00Z") });
    const first = { key: "aws/lambda/a", bytes: 4, lastModified: new Date("2026-11-23T07:03:00Z") };
    expect(await objects.next()).toEqual({ done: false, value: first });
    stop.abort();
    expect(await objects.next()).toEqual({ done: true, value: undefined });
    bucket.close();
    await close(server);

    const other = await open(lists(["aws/lambda/a", 3]), () => stop.abort());
    expect(await other.survey()).toEqual({ objects: 1, newest: first.lastModified });
  });
});
