// Words: each finding of the check as a sentence for people.
// What flows in: kinds of doubt, counts, times. What flows out: English.
// What it must never see: the network, keys, anything that must be kept from the page.

import type { DoubtKind } from "./doubt";

/** `note`: nothing to judge yet; `open`: could not be judged. */
export type Tone = "good" | "note" | "open" | "bad";

export interface Line {
  readonly tone: Tone;
  readonly about: string;
  readonly says: string;
  /** What goes on after it, for who reads further. */
  readonly more: string;
}

export const line = (tone: Tone, about: string, says: string, more = ""): Line => ({ tone, about, says, more });

/** `1,204 records`. */
export function records(count: number): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? "record" : "records"}`;
}

/** `24 Nov 2026, 08:15 UTC`, whatever the machine's own language and zone. */
export function moment(at: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return "an unknown time";
  const parts: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  return `${time.toLocaleDateString("en-GB", parts)}, ${time.toISOString().slice(11, 16)} UTC`;
}

/** A field's name or a listed value of a record, for reading. */
export function plain(name: string): string {
  return name.replaceAll("_", " ").replaceAll(":", ": ");
}

/** A text in which nothing is invisible and nothing turns the direction of reading. */
export function visible(text: string): string {
  return text.replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16) ?? ""}}`);
}

const CHECKPOINT: Partial<Record<DoubtKind, string>> = {
  unsigned: "The newest checkpoint is not signed with the key that this browser trusts for this log.",
  forged: "The signature on the newest checkpoint does not hold.",
  "other-log": "The newest checkpoint is signed with the log's key, but it is of another log.",
};

/** Why the newest checkpoint is not believed. */
export function checkpointDoubt(kind: DoubtKind): string {
  return CHECKPOINT[kind] ?? "What the server gave as its newest checkpoint is none.";
}

const HISTORY: Partial<Record<DoubtKind, string>> = {
  smaller: "The log was rolled back. Records that were there are gone.",
  rewritten: "The log was rewritten. It no longer begins with the records that were there.",
};

/** Why a log is not believed to begin with what was there before. */
export function historyDoubt(kind: DoubtKind): string {
  return HISTORY[kind] ?? "It cannot be shown that older records are still there: the pieces of the tree that the server gave do not lead to the root it signed.";
}

const RECEIPT: Partial<Record<DoubtKind, string>> = {
  unsigned: "It is not signed with the key that this browser trusts for this log. It may be a receipt of another log.",
  forged: "Its signature does not hold. It was altered, or made by somebody without the log's key.",
  "other-log": "It is signed with the log's key, but it is of another log.",
  "no-record": "It is well signed, but the record itself is not in it, so there is nothing to show.",
  proof: "The record in it is not the one that was signed. The record, its place or the proof was altered.",
};

/** Why a receipt is not believed. */
export function receiptDoubt(kind: DoubtKind): string {
  return RECEIPT[kind] ?? "This text is not a whole receipt. Paste all of it, from the first line to the last.";
}
