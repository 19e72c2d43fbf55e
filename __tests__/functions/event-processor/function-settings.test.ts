import { describe, expect, it } from "@jest/globals";
import { readFunctionSettings } from "../../../functions/event-processor/function-settings";

const environment = {
  TABLE_NAME: "table",
  FAILURE_BUCKET_NAME: "bucket",
  TIME_TO_LIVE_DAYS: "30",
  PROCESSOR_VERSION: "1.2.3",
};

describe("readFunctionSettings", () => {
  it("reads the variables that the infrastructure declares", () => {
    expect(readFunctionSettings({ ...environment, PATH: "/bin" })).toEqual({
      tableName: "table",
      failureBucketName: "bucket",
      timeToLiveDays: 30,
      processorVersion: "1.2.3",
    });
  });

  it.each([0, 1, 3650])("accepts a time to live of %i days", (days) => {
    const settings = readFunctionSettings({ ...environment, TIME_TO_LIVE_DAYS: String(days) });
    expect(settings.timeToLiveDays).toBe(days);
  });

  it.each(["", "-1", "1.5", "1e2", " 7", "week", "3651", "99999999999999999999"])(
    'does not accept a time to live of "%s"',
    (days) => {
      expect(() => readFunctionSettings({ ...environment, TIME_TO_LIVE_DAYS: days })).toThrow(
        `TIME_TO_LIVE_DAYS is "${days}", but it must be a whole number of days from 0 to 3650`,
      );
    },
  );

  it("names every variable that is missing or empty", () => {
    expect(() => readFunctionSettings({ FAILURE_BUCKET_NAME: "" })).toThrow(
      "The function's environment is malformed: TABLE_NAME is missing; " +
        'FAILURE_BUCKET_NAME is "", but it must not be empty; TIME_TO_LIVE_DAYS is missing; ' +
        "PROCESSOR_VERSION is missing.",
    );
  });
});
