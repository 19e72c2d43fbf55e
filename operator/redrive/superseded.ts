import { isDeepStrictEqual } from "node:util";
import { brokenItemLimit, type EventItem, eventItem, itemKey } from "../../events/event-item";
import { disaggregate } from "../../events/kpl-aggregation";
import { parseEvent } from "../../events/parse-event";
import type { EventTable, KeyedItem } from "./event-table";
import type { SetAsideRecord } from "./set-aside-object";

/**
 * Finds the records that would replace another version of their event. Nothing in two versions tells for certain which
 * is the newer one: so the table's stays, and of versions that are all set aside, the one that arrived last.
 * @param records of one object, in the order in which they arrived
 * @returns why each is superseded
 * @throws CommandError that says what to do if the table cannot be read
 */
export async function findSuperseded(
  records: readonly SetAsideRecord[],
  table: Pick<EventTable, "items">,
): Promise<Map<SetAsideRecord, string>> {
  const events = records.flatMap((record) => itemsOf(record).map((item) => ({ record, item })));
  const last = new Map(events.map((event) => [itemKey(event.item), event]));
  const stored = await table.items([...last.values()].map(({ item }) => item));
  const superseded = new Map<SetAsideRecord, string>();
  for (const { record, item } of events) {
    const key = itemKey(item);
    const inTable = stored.get(key);
    const later = last.get(key);
    if (inTable) {
      if (!isSame(inTable, item)) superseded.set(record, "the table has another version of its event");
    } else if (later && later.record !== record && !isSame(later.item, item))
      superseded.set(record, "a later record of the object has another version of its event");
  }
  return superseded;
}

/** What the function would store for a record, or for those in an aggregate; nothing of what it would reject. */
function itemsOf(record: SetAsideRecord): EventItem[] {
  const data = Buffer.from(record.data, "base64");
  const items: EventItem[] = [];
  for (const userRecord of disaggregate(data) ?? [{ data }]) {
    const parsed = parseEvent(userRecord.data);
    if (parsed.ok) items.push(eventItem(parsed.post));
  }
  return items.filter((item) => brokenItemLimit(item) === undefined);
}

/** An item's expiry is not the event's: it counts from the arrival of the record that was stored. */
function isSame(stored: KeyedItem, item: EventItem): boolean {
  return isDeepStrictEqual({ ...stored, ExpiresAt: undefined }, { ...item, ExpiresAt: undefined });
}
