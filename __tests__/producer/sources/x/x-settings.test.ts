import { describe, expect, it } from "@jest/globals";
import { hasCredentials, readXSettings } from "../../../../producer/sources/x/x-settings";

const API = "https://api.x.com";

describe("X's credentials", () => {
  it("are the bearer token, or else the consumer key and secret", () => {
    const consumer = { X_CONSUMER_KEY: "key", X_CONSUMER_SECRET: "secret" };
    expect(readXSettings({ X_BEARER_TOKEN: " token\n", ...consumer })).toEqual({
      credentials: { bearerToken: "token" },
      apiUrl: API,
    });
    expect(readXSettings({ X_BEARER_TOKEN: "", ...consumer })).toEqual({
      credentials: { consumerKey: "key", consumerSecret: "secret" },
      apiUrl: API,
    });
  });

  it.each([
    [
      {},
      /needs the credentials of an X app: set X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET.*https:\/\/developer\.x\.com/,
    ],
    [{ X_CONSUMER_KEY: "key" }, /X_CONSUMER_KEY is set and X_CONSUMER_SECRET is not/],
    [{ X_CONSUMER_SECRET: "secret" }, /X_CONSUMER_SECRET is set and X_CONSUMER_KEY is not/],
    [{ X_BEARER_TOKEN: "a-secret b" }, /^X_BEARER_TOKEN contains a space(?!.*a-secret)/],
  ])("are reported if they are missing or wrong: %j", (environment, message) => {
    expect(() => readXSettings(environment)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), exitCode: 2 }),
    );
  });

  it("are present as soon as one of them is", () => {
    expect(hasCredentials({ X_BEARER_TOKEN: "", X_CONSUMER_KEY: undefined })).toBe(false);
    expect(hasCredentials({ X_CONSUMER_SECRET: "secret" })).toBe(true);
  });
});

describe("X_API_URL", () => {
  it("is where X's API answers", () => {
    expect(readXSettings({ X_BEARER_TOKEN: "t", X_API_URL: "https://127.0.0.1:8443/" }).apiUrl).toBe(
      "https://127.0.0.1:8443",
    );
  });

  it.each(["http://127.0.0.1", "x.com", "https://x.com/2/", "https://user@x.com"])(
    "must be a host that is reached by HTTPS: %s",
    (url) => {
      expect(() => readXSettings({ X_BEARER_TOKEN: "t", X_API_URL: url })).toThrow(
        /X_API_URL is .*must be https:\/\//,
      );
    },
  );
});
