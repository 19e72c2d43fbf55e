import type { WriteStream } from "node:tty";
import { styleText } from "node:util";

/** Clears the terminal's current line, and moves the cursor to its start. */
export const CLEAR_LINE = "\r\u001b[2K";

/** Styles text for a terminal that shows colours. With NO_COLOR or a pipe, the text stays as it is. */
export function paint(
  stream: Pick<WriteStream, "isTTY" | "hasColors">,
  style: Parameters<typeof styleText>[0],
  text: string,
): string {
  return stream.isTTY && stream.hasColors() && !process.env.NO_COLOR ? styleText(style, text) : text;
}

const number = new Intl.NumberFormat("en-US");

/** `1234567` as `1,234,567`. */
export function formatCount(count: number): string {
  return number.format(count);
}

/** A number of things: `1 record`, `2,000 records`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Makes text from outside safe to print, on one line. Control characters can move the cursor, change the title or
 * worse, and direction overrides would reverse the rest of the line.
 * @see https://unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
export function printable(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Surrogate}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd")
    .trim();
}
