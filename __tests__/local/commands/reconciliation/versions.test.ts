import { describe, expect, it } from "@jest/globals";
import {
  type RecordState,
  settleKey,
  type Version,
} from "../../../../local/commands/reconciliation/versions";

/** A version that the item is not, unless `differences` is empty. */
function version(
  values: Partial<Omit<Version, "record">> & Partial<Pick<RecordState, "isAcknowledged">> = {},
): Version {
  const { isAcknowledged = true, ...others } = values;
  const isRejected = values.isRejected ?? false;
  return {
    record: { isAcknowledged, isFailed: false, isRejected, isLost: false, isDifferent: false },
    partitionKey: "ada",
    isRejected,
    mayBeMissing: false,
    differences: ["Message"],
    ...others,
  };
}

const theItem = { differences: [] };
const explained = { accountsForItem: true, isDuplicate: false, differences: [] };

/** Which versions are lost, and which are different. */
function fates(versions: readonly Version[]): string[] {
  return versions.map(({ record }) =>
    [...(record.isLost ? ["lost"] : []), ...(record.isDifferent ? ["different"] : [])].join(" and "),
  );
}

describe("a key whose item is in the table", () => {
  it.each([
    ["the only version", [version(theItem)]],
    ["the last version", [version(), version(theItem)]],
    ["the last version that was not rejected", [version(theItem), version({ isRejected: true })]],
    ["a version after it that may be missing", [version(), version({ ...theItem, mayBeMissing: true })]],
    [
      "the last version before those that may be missing",
      [version(theItem), version({ mayBeMissing: true }), version({ mayBeMissing: true })],
    ],
    ["the last version under another partition key", [version({ ...theItem, partitionKey: "b" }), version()]],
  ])("is right if the item is %s", (_name, versions) => {
    expect(settleKey(versions, true)).toEqual(explained);
    expect(fates(versions)).toEqual(versions.map(() => ""));
  });
});

describe("a key whose item is another than it must be", () => {
  it("is different if the item is an older version", () => {
    const versions = [version(theItem), version({ differences: ["Lang", "Message"] })];
    expect(settleKey(versions, true)).toEqual({ ...explained, differences: ["Lang", "Message"] });
    expect(fates(versions)).toEqual(["", "different"]);
  });

  it("is different if the item is older than the last version of its partition key", () => {
    const versions = [
      version({ ...theItem, partitionKey: "b" }),
      version({ partitionKey: "b" }),
      version({ differences: ["Id"] }),
    ];
    expect(settleKey(versions, true)).toEqual({ ...explained, differences: ["Id"] });
    expect(fates(versions)).toEqual(["", "", "different"]);
  });

  it("is different if the item is older than a version that must be stored", () => {
    const versions = [version(theItem), version(), version({ mayBeMissing: true, differences: ["Id"] })];
    expect(settleKey(versions, true)).toEqual({ ...explained, differences: ["Message"] });
    expect(fates(versions)).toEqual(["", "different", ""]);
  });

  it("is different for the last version if all may be missing, and the item is none of them", () => {
    const versions = [version({ mayBeMissing: true }), version({ mayBeMissing: true, differences: ["Id"] })];
    expect(settleKey(versions, true)).toEqual({ ...explained, differences: ["Id"] });
    expect(fates(versions)).toEqual(["", "different"]);
  });

  it("is different for the last acknowledged version, if there is one", () => {
    const versions = [version(), version(), version({ isAcknowledged: false })];
    settleKey(versions, true);
    expect(fates(versions)).toEqual(["", "different", ""]);

    const unacknowledged = [version({ isAcknowledged: false }), version({ isAcknowledged: false })];
    settleKey(unacknowledged, true);
    expect(fates(unacknowledged)).toEqual(["", "different"]);
  });

  it("is a duplicate if the item is a version that was rejected, and there is no other", () => {
    const versions = [version({ ...theItem, isRejected: true }), version({ isRejected: true })];
    expect(settleKey(versions, true)).toEqual({ accountsForItem: true, isDuplicate: true, differences: [] });
    expect(fates(versions)).toEqual(["", ""]);
  });

  it("is different if the item is a version that was rejected, and there is another", () => {
    const versions = [version({ ...theItem, isRejected: true }), version()];
    expect(settleKey(versions, true)).toEqual({ ...explained, differences: ["Message"] });
    expect(fates(versions)).toEqual(["", "different"]);
  });

  it("has a stray item if all versions were rejected, and the item is none of them", () => {
    const versions = [version({ isRejected: true })];
    expect(settleKey(versions, true)).toEqual({
      accountsForItem: false,
      isDuplicate: false,
      differences: [],
    });
    expect(fates(versions)).toEqual([""]);
  });
});

describe("a key whose item is not in the table", () => {
  it("loses every version that was not set aside", () => {
    const versions = [
      version(theItem),
      version({ isRejected: true }),
      version({ mayBeMissing: true }),
      version(),
    ];
    expect(settleKey(versions, false)).toEqual({
      accountsForItem: false,
      isDuplicate: false,
      differences: [],
    });
    expect(fates(versions)).toEqual(["lost", "", "", "lost"]);
  });
});
