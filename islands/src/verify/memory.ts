// Memory: what this browser remembers of a log between visits, and nothing else.
// What flows in: a key, a signed checkpoint, the time. What flows out: the same, on a later visit.
// What it must never see: a receipt, a record, a plate. All of what is kept here is public.

import { noteText, readCheckpoint } from "./note";

export interface Remembered {
  /** The log's key: the one seen first, or the one that the visitor gave. */
  readonly key: string;
  readonly isGiven: boolean;
  readonly since: string;
  /** The last signed checkpoint that passed every check, and when; none before the first. */
  readonly note: string | null;
  readonly seen: string | null;
}

const name = (operator: string): string => `lockplate:log:${operator}`;

/** What is remembered of a log, or null: nothing, nothing readable, or a browser that keeps nothing. */
export function recall(operator: string): Remembered | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(name(operator)) ?? "null");
    if (!isRemembered(kept)) return null;
    if (kept.note !== null) readCheckpoint(noteText(kept.note));
    return kept;
  } catch {
    return null;
  }
}

/** Keeps it, and says whether the browser did. */
export function remember(operator: string, what: Remembered): boolean {
  try {
    localStorage.setItem(name(operator), JSON.stringify(what));
    return true;
  } catch {
    return false;
  }
}

/** Forgets all of it. */
export function forget(operator: string): void {
  try {
    localStorage.removeItem(name(operator));
  } catch {
    // a browser that keeps nothing has nothing to forget
  }
}

function isRemembered(kept: unknown): kept is Remembered {
  if (typeof kept !== "object" || kept === null) return false;
  const { key, isGiven, since, note, seen } = kept as Record<string, unknown>;
  const isTextOrNone = [note, seen].every((part) => part === null || typeof part === "string");
  return typeof key === "string" && typeof since === "string" && typeof isGiven === "boolean" && isTextOrNone;
}
