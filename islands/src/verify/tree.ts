// Tree: the hashes of RFC 6962 and its two proofs, checked by following the RFC's own recursive definition.
// What flows in: hashes and sizes. What flows out: nothing when a proof holds, a Doubt when it does not.
// What it must never see: the network, keys, what a record says.
// Source: RFC 6962, 2.1.

import { Doubt } from "./doubt";
import type { Bytes } from "./note";

/** A tree's size and root; a checkpoint is one. */
export interface Head {
  readonly size: number;
  readonly root: Bytes;
}

/** The hash of one record as the tree holds it. */
export function leafHash(entry: Bytes): Promise<Bytes> {
  return sha256(Uint8Array.of(0), entry);
}

/** The hash over two neighbours. */
export function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right);
}

/** Where a tree of `size` > 1 leaves divides: the largest power of two below its size. */
export function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/** The root over hashes, in their order. */
export async function rootOver(hashes: readonly Bytes[]): Promise<Bytes> {
  if (hashes.length < 2) return hashes[0] ?? sha256();
  const middle = split(hashes.length);
  return nodeHash(await rootOver(hashes.slice(0, middle)), await rootOver(hashes.slice(middle)));
}

/** Shows that the tree holds `leaf` at `index`; `path` runs from the leaf's sibling to the root's child. */
export async function verifyInclusion(leaf: Bytes, index: number, head: Head, path: readonly Bytes[]): Promise<void> {
  if (!(index >= 0 && index < head.size)) throw new Doubt("proof");
  const left = [...path];

  async function climb(place: number, size: number): Promise<Bytes> {
    if (size === 1) return leaf;
    const sibling = take(left);
    const middle = split(size);
    return place < middle
      ? nodeHash(await climb(place, middle), sibling)
      : nodeHash(sibling, await climb(place - middle, size - middle));
  }

  const root = await climb(index, head.size);
  if (left.length > 0 || !same(root, head.root)) throw new Doubt("proof");
}

/** Shows that the tree of `now` begins with the tree of `before`; both roots come out of the same hashes. */
export async function verifyConsistency(before: Head, now: Head, path: readonly Bytes[]): Promise<void> {
  if (before.size > now.size) throw new Doubt("smaller");
  const left = [...path];

  async function climb(old: number, size: number, isWhole: boolean): Promise<[Bytes, Bytes]> {
    if (old === size) {
      const common = isWhole ? before.root : take(left);
      return [common, common];
    }
    const outer = take(left);
    const middle = split(size);
    if (old <= middle) {
      const [was, is] = await climb(old, middle, isWhole);
      return [was, await nodeHash(is, outer)];
    }
    const [was, is] = await climb(old - middle, size - middle, false);
    return [await nodeHash(outer, was), await nodeHash(outer, is)];
  }

  const empty = await sha256();
  const [was, is] = before.size === 0 ? [empty, now.size === 0 ? empty : now.root] : await climb(before.size, now.size, true);
  if (left.length > 0 || !same(was, before.root) || !same(is, now.root)) throw new Doubt("proof");
}

/** Whether two hashes are the same. */
export function same(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

function take(path: Bytes[]): Bytes {
  const outermost = path.pop();
  if (outermost?.length !== 32) throw new Doubt("proof");
  return outermost;
}

async function sha256(...parts: readonly Bytes[]): Promise<Bytes> {
  const joined = Uint8Array.from(parts.flatMap((part) => [...part]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
}
