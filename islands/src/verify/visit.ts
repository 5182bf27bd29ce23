// Visit: one look at a log, judged by what this browser saw before; and a receipt, judged by both.
// What flows in: what the server gives now, what is remembered. What flows out: findings in words, and what to remember.
// What it must never see: the page. A checkpoint is remembered only when nothing spoke against it.

import { Doubt, type DoubtKind } from "./doubt";
import type { Remembered } from "./memory";
import { noteText, openCheckpoint, readCheckpoint, readKey, type Checkpoint } from "./note";
import { openReceipt, type ProvenRecord } from "./receipt";
import { Rewritten, verifyHistory, type Fetch } from "./tiles";
import { checkpointDoubt, historyDoubt, line, moment, receiptDoubt, records, visible, type Line } from "./words";

/** The server did not give what was asked for. */
export class Unreachable extends Error {}

/** One log as its server shows it. */
export interface ShownLog {
  readonly key: () => Promise<string>;
  readonly checkpoint: () => Promise<string>;
  readonly fetch: Fetch;
}

/** Two signed checkpoints, of which the one shown now does not go on from the one seen before. */
export interface Contradiction {
  readonly before: string;
  readonly now: string;
  /** What makes the two a proof for anyone. None when the log only shrank: an honest log signed both sizes, in the other order. */
  readonly fork: Rewritten | null;
}

export interface Visit {
  readonly lines: readonly Line[];
  /** The key that the server shows, and the one that everything is judged by. */
  readonly shownKey: string | null;
  readonly trustedKey: string | null;
  readonly head: Checkpoint | null;
  readonly note: string | null;
  /** What to remember from now on; null when something is wrong or could not be looked at. */
  readonly keep: Remembered | null;
  readonly contradiction: Contradiction | null;
}

export interface JudgedReceipt {
  readonly lines: readonly Line[];
  readonly proven: ProvenRecord | null;
  readonly contradiction: Contradiction | null;
}

const SILENT = "The server did not give all that this check needs. Nothing is shown to be wrong, and nothing to be right. Try again; if it stays so, ask the operator why.";

/** Judges the log as it is shown at `now`. */
export async function visit(log: ShownLog, remembered: Remembered | null, now: string): Promise<Visit> {
  const lines: Line[] = [];
  let shownKey: string | null = null;
  let trustedKey = remembered?.key ?? null;
  let note: string;
  let head: Checkpoint;
  try {
    shownKey = await log.key();
    trustedKey ??= shownKey;
    lines.push(keyLine(shownKey, remembered));
    note = await log.checkpoint();
    head = await openCheckpoint(note, await readKey(trustedKey));
  } catch (error) {
    lines.push(line(toneOf(error), "Signature", sayWhy(error, checkpointDoubt)));
    return { lines, shownKey, trustedKey, head: null, note: null, keep: null, contradiction: null };
  }
  lines.push(line("good", "Signature", `The newest checkpoint is signed with this key. It fixes ${records(head.size)}.`));
  const before = remembered?.note ?? null;
  const history = await historyLine(before, remembered?.seen ?? "", head, log.fetch);
  lines.push(history.line);
  const isSound = lines.every((one) => one.tone === "good" || one.tone === "note");
  return {
    lines,
    shownKey,
    trustedKey,
    head,
    note,
    keep: isSound ? { key: trustedKey, isGiven: remembered?.isGiven ?? false, since: remembered?.since ?? now, note, seen: now } : null,
    contradiction: before === null ? null : contradictionOf(history.error, before, note),
  };
}

/** Judges a receipt by the trusted key, and by the log as it is shown now when that could be looked at. */
export async function judgeReceipt(text: string, shown: Visit, fetch: Fetch): Promise<JudgedReceipt> {
  const lines: Line[] = [];
  let proven: ProvenRecord;
  try {
    if (shown.trustedKey === null) throw new Unreachable();
    proven = await openReceipt(text, await readKey(shown.trustedKey));
  } catch (error) {
    lines.push(line(toneOf(error), "Receipt", sayWhy(error, receiptDoubt)));
    return { lines, proven: null, contradiction: null };
  }
  const { index, checkpoint } = proven;
  lines.push(line("good", "Receipt", `Its checkpoint is signed with the log's key and fixes ${records(checkpoint.size)}. The record below is one of them, at place ${index.toLocaleString("en-US")}, counted from 0.`));
  if (shown.head === null || shown.note === null) {
    lines.push(line("open", "Log as shown now", "It could not be looked at, so it is not known whether this record is still in it."));
    return { lines, proven, contradiction: null };
  }
  try {
    await verifyHistory(checkpoint, shown.head, fetch);
    lines.push(line("good", "Log as shown now", `It still holds this record, unchanged, at the same place among ${records(shown.head.size)}.`));
    return { lines, proven, contradiction: null };
  } catch (error) {
    const sizes = `The receipt was made when it had ${records(checkpoint.size)}; now it shows ${records(shown.head.size)}.`;
    lines.push(line(toneOf(error), "Log as shown now", sayWhy(error, historyDoubt), sizes));
    const receiptNote = text.slice(text.indexOf("\n\n") + 2);
    return { lines, proven, contradiction: contradictionOf(error, receiptNote, shown.note) };
  }
}

function keyLine(shown: string, remembered: Remembered | null): Line {
  if (remembered === null) {
    return line("note", "Key", "This is the first time that this browser sees this log. It keeps the key, and will say when another one is shown.");
  }
  const whose = remembered.isGiven ? `you gave on ${moment(remembered.since)}` : `this browser saw first, on ${moment(remembered.since)}`;
  if (shown === remembered.key) return line("good", "Key", `The server shows the key that ${whose}.`);
  const advice = `It now shows ${visible(shown)}. Everything here is judged by the old key, which stands below under “The key you trust”. Ask the operator, by another way than this page, whether it changed its key and why.`;
  return line("bad", "Key", `The key changed. The server shows another key than the one that ${whose}.`, advice);
}

async function historyLine(before: string | null, seen: string, head: Checkpoint, fetch: Fetch): Promise<{ line: Line; error: unknown }> {
  const about = "Since your last visit";
  if (before === null) {
    return { line: line("note", about, "There is nothing to compare with yet. From the next visit on, this says whether anything was changed or taken out."), error: null };
  }
  const old = readCheckpoint(noteText(before));
  try {
    await verifyHistory(old, head, fetch);
  } catch (error) {
    const sizes = `On ${moment(seen)} it had ${records(old.size)}; now it shows ${records(head.size)}.`;
    return { line: line(toneOf(error), about, sayWhy(error, historyDoubt), sizes), error };
  }
  const added = head.size - old.size;
  const more = added === 0 ? "Nothing was added since." : `${records(added)} came after ${old.size === 1 ? "it" : "them"}.`;
  return { line: line("good", about, `What you saw on ${moment(seen)}, ${records(old.size)}, is still there, unchanged and in the same order. ${more}`), error: null };
}

function toneOf(error: unknown): "bad" | "open" {
  return error instanceof Unreachable ? "open" : "bad";
}

function contradictionOf(error: unknown, before: string, now: string): Contradiction | null {
  if (error instanceof Rewritten) return { before, now, fork: error };
  return error instanceof Doubt && error.kind === "smaller" ? { before, now, fork: null } : null;
}

/** The words for a doubt or a silent server; anything else is a fault and goes on. */
function sayWhy(error: unknown, words: (kind: DoubtKind) => string): string {
  if (error instanceof Unreachable) return SILENT;
  if (error instanceof Doubt) return words(error.kind);
  throw error;
}
