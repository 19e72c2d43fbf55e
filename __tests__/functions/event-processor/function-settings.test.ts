import { describe, expect, it } from "@jest/globals";
import { readFunctionSettings } from "../../../functions/event-processor/function-settings";

const environment = { TABLE_NAME: "table", FAILURE_BUCKET_NAME: "bucket", PROCESSOR_VERSION: "1.2.3" };

describe("readFunctionSettings", () => {
  it("reads the variables that the infrastructure declares", () => {
    expect(readFunctionSettings({ ...environment, TIME_TO_LIVE_DAYS: "30", PATH: "/bin" })).toEqual({
      tableName: "table",
      failureBucketName: "bucket",
      timeToLiveDays: 30,
      processorVersion: "1.2.3",
    });
  });

  it("keeps items for good if no time to live is declared", () => {
    expect(readFunctionSettings(environment).timeToLiveDays).toBeUndefined();
  });

  it.each(["", "0", "-1", "1.5", "1e2", " 7", "week", "36501", "99999999999999999999"])(
    'refuses a time to live of "%s"',
    (days) => {
      expect(() => readFunctionSettings({ ...environment, TIME_TO_LIVE_DAYS: days })).toThrow(
        `TIME_TO_LIVE_DAYS is "${days}" and must be a whole number of days from 1 to 36500`,
      );
    },
  );

  it("names every variable that is missing or empty", () => {
    expect(() => readFunctionSettings({ FAILURE_BUCKET_NAME: "" })).toThrow(
      "The function's environment is malformed: TABLE_NAME is missing; " +
        'FAILURE_BUCKET_NAME is "" and must not be empty; PROCESSOR_VERSION is missing.',
    );
  });
});
