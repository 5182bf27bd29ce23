// Note: a log's key, and checkpoints signed with it.
// What flows in: texts from anyone, and the one key that is trusted. What flows out: a checkpoint whose signature holds.
// What it must never see: the network, the page. Lines signed by others, such as witnesses, are read and not judged.
// Sources: C2SP signed-note and tlog-checkpoint; RFC 8032 (Ed25519).

import { Doubt } from "./doubt";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface LogKey {
  readonly name: string;
  readonly id: string;
  readonly ed25519: CryptoKey;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

const LONGEST_NOTE = 131_072;

/** The bytes of standard base64; each byte string has one spelling and no other is read. */
export function fromBase64(text: string): Bytes {
  try {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    if (toBase64(bytes) === text) return bytes;
  } catch {
    // atob refused it
  }
  throw new Doubt("malformed");
}

/** Standard base64, with padding. */
export function toBase64(bytes: Bytes): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** A count in plain decimal that this language's numbers can hold. */
export function readCount(text: string | undefined): number {
  if (!/^(0|[1-9]\d{0,15})$/.test(text ?? "") || !Number.isSafeInteger(Number(text))) throw new Doubt("malformed");
  return Number(text);
}

/** The key that `name+id+base64` says, once its id belongs to it; only Ed25519 is read. */
export async function readKey(text: string): Promise<LogKey> {
  const [, name = "", id = "", encoded = ""] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  const typed = fromBase64(encoded);
  const named = new Uint8Array([...new TextEncoder().encode(`${name}\n`), ...typed]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
  if (typed.length !== 33 || typed[0] !== 1 || hex(digest.slice(0, 4)) !== id) throw new Doubt("malformed");
  return { name, id, ed25519: await crypto.subtle.importKey("raw", typed.slice(1), "Ed25519", false, ["verify"]) };
}

/** The checkpoint of a signed note, once the key's own signature on it holds. */
export async function openCheckpoint(note: string, key: LogKey): Promise<Checkpoint> {
  const text = noteText(note);
  if (note.length > LONGEST_NOTE || !note.endsWith("\n") || /[\x00-\x09\x0b-\x1f]/.test(note)) throw new Doubt("malformed");
  const signatures = note.slice(text.length + 1, -1).split("\n").map(readSignature);
  const own = signatures.filter((line) => line.name === key.name && line.id === key.id);
  if (own.length === 0) throw new Doubt("unsigned");
  for (const { signature } of own) {
    const holds = await crypto.subtle.verify("Ed25519", key.ed25519, signature, new TextEncoder().encode(text));
    if (!holds) throw new Doubt("forged");
  }
  const checkpoint = readCheckpoint(text);
  if (checkpoint.origin !== key.name) throw new Doubt("other-log");
  return checkpoint;
}

/** The part of a note that is signed; nothing says yet that it is. */
export function noteText(note: string): string {
  return note.slice(0, note.lastIndexOf("\n\n") + 1);
}

/** What a note's text says: origin, size and root, a line each. Only for text whose signature was checked. */
export function readCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split("\n");
  if (!origin || root === undefined || rest.join("\n") !== "") throw new Doubt("malformed");
  const checkpoint = { origin, size: readCount(size), root: fromBase64(root) };
  if (checkpoint.root.length !== 32) throw new Doubt("malformed");
  return checkpoint;
}

function readSignature(line: string): { name: string; id: string; signature: Bytes } {
  const [, name = "", encoded = ""] = /^\u2014 ([^\s+]+) (\S+)$/.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (bytes.length <= 4) throw new Doubt("malformed");
  return { name, id: hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
}

function hex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
