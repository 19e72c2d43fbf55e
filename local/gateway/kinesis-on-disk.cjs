// Keeps the records of kinesalite's streams on disk, and deletes them after their stream's retention: kinesalite keeps
// them in memory, until a read happens to pass over them. Its own option for the disk needs a package without builds for
// Apple's processors. It is plain JavaScript, as is the process that runs it.

const stream = require("node:stream");
const classicLevel = require("classic-level");
const kinesaliteDb = require("kinesalite/db");

/**
 * @typedef {{ PartitionKey: string, Data: string, ApproximateArrivalTimestamp: number }} StoredRecord
 * @typedef {{ type: "put", key: string, value: StoredRecord } | { type: "del", key: string }} Change
 * @typedef {(error?: Error | null) => void} Callback
 * @typedef {{ name: string, retentionMs: number, shards: number }} Stream
 */

/**
 * Makes the next kinesalite keep its records in a folder.
 * @param {string} folder
 * @returns {{ deleteExpired(nowMs: number): Promise<number> }} deletes what is past its retention, and returns how many
 *   records that were
 */
function keepRecordsIn(folder) {
  /** @type {import("classic-level").ClassicLevel<string, string>} */
  const level = new classicLevel.ClassicLevel(folder, { maxOpenFiles: MOST_OPEN_FILES });
  /** @type {Map<string, StreamRecords>} */
  const streams = new Map();
  /** @param {string} name */
  const recordsOf = (name) => {
    const records = streams.get(name) ?? new StreamRecords(level, name);
    streams.set(name, records);
    return records;
  };

  numberRecordsFromOne();
  const { create } = kinesaliteDb;
  /** @type {ReturnType<typeof create> | undefined} */
  let store;
  kinesaliteDb.create = (options) => {
    kinesaliteDb.create = create;
    store = create(options);
    store.getStreamDb = recordsOf;
    store.deleteStreamDb = (name, callback) => recordsOf(name).clear(callback);
    return store;
  };

  return {
    async deleteExpired(nowMs) {
      let deleted = 0;
      for (const { name, retentionMs, shards } of store ? await streamsIn(store.metaDb) : [])
        for (let shard = 0; shard < shards; shard++)
          deleted += await recordsOf(name).deleteBefore(
            nowMs - retentionMs,
            kinesaliteDb.shardIxToHex(shard),
          );
      return deleted;
    },
  };
}

const { stringifySequence } = kinesaliteDb;

/**
 * Lets the sequence numbers of records count from 1, not from 0. After a read that found a shard empty, kinesalite
 * continues behind the number that record 0 has in the second of that read, and would pass over a record 0 that got its
 * number a second earlier and was still being written. Every later number is higher, whatever its second.
 */
function numberRecordsFromOne() {
  // A shard's start has no number, and its end has a text.
  kinesaliteDb.stringifySequence = (parts) =>
    stringifySequence(typeof parts.seqIx === "number" ? { ...parts, seqIx: parts.seqIx + 1 } : parts);
}

/** The records of one stream, in the part of levelup's interface that kinesalite uses. */
class StreamRecords {
  #records;

  /** @param {import("classic-level").ClassicLevel<string, string>} level @param {string} name the stream's */
  constructor(level, name) {
    /** @type {import("abstract-level").AbstractSublevelOptions<string, StoredRecord>} */
    const options = { valueEncoding: "json" };
    this.#records = level.sublevel(name, options);
  }

  /** @param {string} key @param {StoredRecord} value @param {Callback} callback */
  put(key, value, callback) {
    this.#records.put(key, value).then(() => callback(), callback);
  }

  /** @param {Change[]} changes @param {object | Callback} options @param {Callback} [callback] */
  batch(changes, options, callback = /** @type {Callback} */ (options)) {
    this.#records.batch(changes).then(() => callback(), callback);
  }

  /** @param {{ gt?: string, gte?: string, lt?: string }} range */
  createReadStream(range) {
    return stream.Readable.from(this.#entries(range));
  }

  /** @param {Callback} callback */
  clear(callback) {
    this.#records.clear().then(() => callback(), callback);
  }

  /**
   * Deletes a shard's records that arrived before a time. Their keys are in the order of their arrival.
   * @param {number} timeMs @param {string} shard what their keys begin with
   * @returns {Promise<number>} how many
   */
  async deleteBefore(timeMs, shard) {
    /** @type {Change[]} */
    const expired = [];
    for await (const { key, value } of this.#entries({ gte: `${shard}/`, lt: `${shard}0` })) {
      if (value.ApproximateArrivalTimestamp * 1000 >= timeMs) break;
      expired.push({ type: "del", key });
      if (expired.length === MOST_DELETED) break;
    }
    await this.#records.batch(expired);
    return expired.length;
  }

  /** @param {{ gt?: string, gte?: string, lt?: string }} range */
  async *#entries(range) {
    const iterator = this.#records.iterator(range);
    try {
      for (;;) {
        const entries = await iterator.nextv(READ_AT_ONCE);
        if (entries.length === 0) return;
        for (const [key, value] of entries) yield { key, value };
      }
    } finally {
      await iterator.close();
    }
  }
}

/** How many files of about 2 MB are open, and mapped into memory, at the same time. */
const MOST_OPEN_FILES = 64;

/** How many records a read takes from the disk at once. */
const READ_AT_ONCE = 500;

/** How many records of a shard are deleted at once, so that the requests in between do not wait. */
const MOST_DELETED = 50_000;

/** @param {import("kinesalite/db").Store["metaDb"]} metaDb @returns {Promise<Stream[]>} */
async function streamsIn(metaDb) {
  const streams = [];
  for await (const { StreamName, RetentionPeriodHours, Shards } of metaDb.createValueStream())
    streams.push({ name: StreamName, retentionMs: RetentionPeriodHours * 3_600_000, shards: Shards.length });
  return streams;
}

module.exports = { keepRecordsIn };
