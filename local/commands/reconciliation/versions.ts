/** What was found of a record on the stream. Of the records in an aggregate, one is enough to say so. */
export interface RecordState {
  readonly isAcknowledged: boolean;
  /** It is in a failed batch. */
  readonly isFailed: boolean;
  isRejected: boolean;
  /** It is in neither the table nor the failure bucket. */
  isLost: boolean;
  /** Its item, or its copy in the failure bucket, has other contents. */
  isDifferent: boolean;
}

/** A record as a version of the item that its key names. */
export interface Version {
  record: RecordState;
  /** The partition key of the record on the stream. */
  partitionKey: string;
  isRejected: boolean;
  /** It may be stored, but need not be: it is in a failed batch, or in an aggregate that was rejected as a whole. */
  mayBeMissing: boolean;
  /** The attributes in which the item in the table, if there is one, is not this version. */
  differences: readonly string[];
}

/** What the versions of a key say about its item in the table. */
export interface SettledKey {
  /** Whether a record accounts for the item; if not, it is stray. */
  accountsForItem: boolean;
  /** The item is a version that was rejected. */
  isDuplicate: boolean;
  /** The attributes in which the item is not the version that it must be. */
  differences: readonly string[];
}

/**
 * Decides whether a key's item is the one that it must be, and says of the records that make it lost or different
 * that they are.
 *
 * The item must be the last version on the stream that was not set aside. A version after it that was set aside
 * with others may be stored instead: the function may have written a part of a batch that then failed. Kinesis keeps the order per
 * partition key; if versions have different partition keys, the last version of each may be the item.
 * @param versions of one key, in the order of the stream; at least one
 */
export function settleKey(versions: readonly Version[], hasItem: boolean): SettledKey {
  const accepted = versions.filter(({ isRejected }) => !isRejected);
  if (!hasItem) {
    for (const { record, mayBeMissing } of accepted) if (!mayBeMissing) record.isLost = true;
    return { accountsForItem: false, isDuplicate: false, differences: [] };
  }
  const isItem = ({ differences }: Version) => differences.length === 0;
  if (lastVersions(accepted).some(isItem))
    return { accountsForItem: true, isDuplicate: false, differences: [] };

  const required = accepted.filter(({ mayBeMissing }) => !mayBeMissing);
  const candidates = required.length > 0 ? required : accepted;
  // The acknowledged one, if there is one: a record that was put again because its answer was lost is not.
  const mustBe = candidates.findLast(({ record }) => record.isAcknowledged) ?? candidates.at(-1);
  if (mustBe) {
    mustBe.record.isDifferent = true;
    return { accountsForItem: true, isDuplicate: false, differences: mustBe.differences };
  }
  const isDuplicate = versions.some(isItem);
  return { accountsForItem: isDuplicate, isDuplicate, differences: [] };
}

/** The versions that may be the item: of each partition key the last one that must be stored, and those after it. */
function lastVersions(versions: readonly Version[]): Version[] {
  const settled = new Set<string>();
  return versions.toReversed().filter(({ partitionKey, mayBeMissing }) => {
    if (settled.has(partitionKey)) return false;
    if (!mayBeMissing) settled.add(partitionKey);
    return true;
  });
}
