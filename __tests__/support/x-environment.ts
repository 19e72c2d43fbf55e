import { afterEach, beforeAll, beforeEach, expect } from "@jest/globals";
import { type Certificate, makeCertificate } from "../../test-servers/certificate";
import {
  BEARER_TOKEN,
  CONSUMER_KEY,
  CONSUMER_SECRET,
  startXServer,
  type XServer,
} from "../../test-servers/x-server";
import type { EntryPointRun } from "./entry-point";

/** The environment of an app that signs in with its bearer token. */
export const TOKEN = { X_BEARER_TOKEN: BEARER_TOKEN };

/** The environment of an app that signs in with its consumer key and secret. */
export const CONSUMER = { X_CONSUMER_KEY: CONSUMER_KEY, X_CONSUMER_SECRET: CONSUMER_SECRET };

export interface XServerFixture {
  readonly x: XServer;
  /** The environment of a command that takes the server for X. */
  environment(): Record<string, string>;
}

/** Gives every test of a file a server. */
export function useXServer(): XServerFixture {
  let certificate: Certificate;
  let x: XServer;

  beforeAll(() => {
    certificate = makeCertificate();
  });
  beforeEach(async () => {
    x = await startXServer(certificate);
  });
  afterEach(() => x.stop());
  return {
    get x() {
      return x;
    },
    environment: () => ({ X_API_URL: x.url, NODE_EXTRA_CA_CERTS: certificate.file }),
  };
}

/** Expects that nothing a command printed contains a credential. */
export function expectNoCredentials({ stdout, stderr }: EntryPointRun): void {
  for (const secret of [BEARER_TOKEN, CONSUMER_KEY, CONSUMER_SECRET])
    expect(stdout + stderr).not.toContain(secret);
}
