// Keeps the content of fauxqs's objects on disk, and only their names and properties in memory. It is plain JavaScript,
// as is the process that runs it.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** fauxqs exports its server, but not the class of the store that it can be given. */
const { S3Store } = await import(new URL("./s3/s3Store.js", import.meta.resolve("fauxqs")).href);

/**
 * A store for fauxqs.
 * @param {string} folder where the content of its objects is kept
 */
export function s3StoreIn(folder) {
  mkdirSync(folder);
  const store = new S3Store();
  const { createBucket } = S3Store.prototype;
  store.createBucket = (/** @type {string} */ name) => {
    const exists = store.hasBucket(name);
    createBucket.call(store, name);
    if (!exists) store.buckets.set(name, new ObjectsOnDisk(folder));
  };
  return store;
}

/** How many files there have been: their names are unique in the folder. */
let files = 0;

/**
 * The objects of a bucket by their keys, as fauxqs keeps them in memory.
 * @extends {Map<string, { body: Buffer }>}
 */
class ObjectsOnDisk extends Map {
  #folder;
  /** @type {Map<string, string>} */
  #files = new Map();

  /** @param {string} folder */
  constructor(folder) {
    super();
    this.#folder = folder;
  }

  /** @override @param {string} key @param {{ body: Buffer }} object */
  set(key, object) {
    const file = join(this.#folder, String(files++));
    writeFileSync(file, object.body, { mode: 0o600 });
    Object.defineProperty(object, "body", { get: () => readFileSync(file) });
    this.#deleteFile(key);
    this.#files.set(key, file);
    return super.set(key, object);
  }

  /** @override @param {string} key */
  delete(key) {
    this.#deleteFile(key);
    return super.delete(key);
  }

  /** @override */
  clear() {
    for (const key of [...this.keys()]) this.delete(key);
  }

  /** @param {string} key */
  #deleteFile(key) {
    const file = this.#files.get(key);
    if (file !== undefined) rmSync(file, { force: true });
    this.#files.delete(key);
  }
}
