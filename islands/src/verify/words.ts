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

/** What to do with two checkpoints that contradict each other. */
export const FORK_ADVICE =
  "Two checkpoints, both signed with this log's key, contradict each other. Together with the hashes that are saved beside them they prove to anyone that the log was not kept as it must be. Save them, and show them to the operator, to whoever oversees it, or to a journalist.";

/** What to do with a checkpoint that is older than one seen before. */
export const SHRUNK_ADVICE =
  "You were shown a checkpoint of this log that is newer than the one shown now. To others the two do not prove much yet: a log signs small sizes before large ones. Save both all the same, and ask the operator. When the log grows again with other records, the larger one proves to anyone that it was rewritten.";

/** The file for others: what it shows, the key, the two signed notes, and the hashes that make them a proof. */
export function evidence(key: string, before: string, now: string, fork: { root: string; path: readonly string[] } | null): string {
  const shows = fork
    ? "Two checkpoints of one log, both signed with its key. The second does not go on from the first: a log that is never changed cannot have signed both."
    : "Two checkpoints of one log, both signed with its key. The first was shown before the second, which has fewer records. Only who saw them can say in which order.";
  const proof = fork && [
    "In the log of the second checkpoint, as many records as the first one has, counted from the start, have this root. The first checkpoint has another.",
    `${fork.root}\n`,
    fork.path.length > 0 ? "These hashes lead from it to the root of the second: a consistency proof of RFC 6962, 2.1.2." : "Both have the same number of records, so no proof is needed.",
    ...fork.path,
  ].join("\n");
  const parts = [`${shows}\nKey: ${key}\n`, before, now, ...(proof ? [`${proof}\n`] : [])];
  return parts.join("\n----\n\n");
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
