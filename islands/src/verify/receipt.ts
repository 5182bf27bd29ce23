// Receipt: one text that proves a record to be in a signed log.
// What flows in: a text from anyone, and the one key that is trusted. What flows out: the record, once it is proved.
// What it must never see: the network, the page.
// Source: C2SP tlog-proof. The record itself travels in the optional `extra` line, which nothing signs.

import { Doubt } from "./doubt";
import { fromBase64, openCheckpoint, readCount, type Bytes, type Checkpoint, type LogKey } from "./note";
import { leafHash, verifyInclusion } from "./tree";

export interface ProvenRecord {
  readonly index: number;
  readonly record: Bytes;
  readonly checkpoint: Checkpoint;
}

/** The record of a receipt, once its hash has led to a root that the key signed. */
export async function openReceipt(text: string, key: LogKey): Promise<ProvenRecord> {
  const gap = text.indexOf("\n\n");
  const [first, ...lines] = text.slice(0, Math.max(gap, 0)).split("\n");
  if (first !== "c2sp.org/tlog-proof@v1") throw new Doubt("malformed");
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift()?.slice(6) ?? "") : null;
  const place = lines.shift() ?? "";
  if (!place.startsWith("index ") || lines.length > 63) throw new Doubt("malformed");
  const index = readCount(place.slice(6));
  const path = lines.map(fromBase64);
  const checkpoint = await openCheckpoint(text.slice(gap + 2), key);
  if (extra === null) throw new Doubt("no-record");
  await verifyInclusion(await leafHash(extra), index, checkpoint, path);
  return { index, record: extra, checkpoint };
}
