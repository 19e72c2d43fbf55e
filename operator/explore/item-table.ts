import Table from "cli-table3";
import stringWidth from "string-width";
import { printable } from "../../shared/terminal";
import type { ShownItem } from "./newest-items";

/**
 * Draws items as a table.
 * @param width of the terminal, in columns; messages are cut so that the table fits
 * @param heading styles a column's name
 */
export function itemTable(
  items: readonly ShownItem[],
  width: number,
  heading: (text: string) => string = (text) => text,
): string {
  const rows = items.map((item) => ({
    time: printable(item.Timestamp),
    username: shorten(printable(item.Username), MAX_USERNAME_WIDTH),
    message: printable(item.Message),
    lang: shorten(printable(item.Lang ?? ""), 8),
  }));
  const widest = (cells: string[]) => Math.max(...cells.map((cell) => stringWidth(cell)));
  const others =
    widest(["Time", ...rows.map(({ time }) => time)]) +
    widest(["Username", ...rows.map(({ username }) => username)]) +
    widest(["Lang", ...rows.map(({ lang }) => lang)]);
  const messageWidth = Math.max(MIN_MESSAGE_WIDTH, width - FRAME_WIDTH - others);

  const table = new Table({ head: COLUMNS.map(heading), style: { head: [], border: [] } });
  for (const { time, username, message, lang } of rows)
    table.push([time, username, shorten(message, messageWidth), lang]);
  return table.toString();
}

const COLUMNS = ["Time", "Username", "Message", "Lang"];
const MAX_USERNAME_WIDTH = 20;
const MIN_MESSAGE_WIDTH = 20;
/** What cli-table3 draws around four cells: five borders, and a space on either side of each cell. */
const FRAME_WIDTH = 5 + 2 * COLUMNS.length;

/** Cuts text to a width in columns, without splitting a character as readers see it. */
function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  let keptWidth = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    keptWidth += stringWidth(segment);
    if (keptWidth > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
