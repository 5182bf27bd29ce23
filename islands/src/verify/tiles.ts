// Tiles: a log's tree as it is published, in pieces of 256 hashes; consistency is worked out from the pieces.
// What flows in: pieces that nobody vouches for. What flows out: a history that holds, or a Doubt.
// What it must never see: keys. A piece is believed only as far as it leads to a signed root.
// Source: C2SP tlog-tiles.

import { Doubt } from "./doubt";
import type { Bytes } from "./note";
import { nodeHash, rootOver, same, split, verifyConsistency, type Head } from "./tree";

/** Gets the bytes of one path below a log's address. */
export type Fetch = (path: string) => Promise<Bytes>;

const WIDTH = 256;

/** Another history than before, with what shows it to anyone who has both signed checkpoints. */
export class Rewritten extends Doubt {
  /** The root over as many records as before, in the log of now; it is not the root that was signed before. */
  readonly root: Bytes;
  /** The consistency proof from that root to the one that is signed now. */
  readonly path: readonly Bytes[];

  constructor(root: Bytes, path: readonly Bytes[]) {
    super("rewritten");
    this.root = root;
    this.path = path;
  }
}

/** Shows that the log at `now` begins with the log at `before`, by the pieces that `fetch` gives for `now`. */
export async function verifyHistory(before: Head, now: Head, fetch: Fetch): Promise<void> {
  if (before.size > now.size) throw new Doubt("smaller");
  if (before.size === now.size && !same(before.root, now.root)) throw new Rewritten(now.root, []);
  if (before.size === now.size || before.size === 0) return;
  const tiles = new Tiles(now.size, fetch);
  // First the pieces alone: they must lead to the signed root of now. Then what they say of before is to be believed.
  const start = { size: before.size, root: await tiles.root(0, before.size) };
  const path = await tiles.consistency(before.size);
  await verifyConsistency(start, now, path);
  if (!same(start.root, before.root)) throw new Rewritten(start.root, path);
}

/** The pieces of one tree; each is fetched once. */
export class Tiles {
  readonly #size: number;
  readonly #fetch: Fetch;
  readonly #fetched = new Map<string, Promise<Bytes>>();

  constructor(size: number, fetch: Fetch) {
    this.#size = size;
    this.#fetch = fetch;
  }

  /** The root over records [start, end); `start` divides as the tree does. */
  async root(start: number, end: number): Promise<Bytes> {
    const largest = split(end - start + 1); // the largest power of two up to their count
    const left = await this.#perfect(start, largest);
    return start + largest === end ? left : nodeHash(left, await this.root(start + largest, end));
  }

  /** The consistency proof from the tree's first `before` records to all of it (RFC 6962, 2.1.2). */
  consistency(before: number, start = 0, end = this.#size): Promise<Bytes[]> {
    return this.#between(before, start, end, true);
  }

  async #between(before: number, start: number, end: number, isWhole: boolean): Promise<Bytes[]> {
    if (before === end) return isWhole ? [] : [await this.root(start, end)];
    const middle = start + split(end - start);
    return before <= middle
      ? [...(await this.#between(before, start, middle, isWhole)), await this.root(middle, end)]
      : [...(await this.#between(before, middle, end, false)), await this.root(start, middle)];
  }

  /** The root over `count` records, a power of two, from the one tile that holds their hashes. */
  async #perfect(start: number, count: number): Promise<Bytes> {
    let [level, span] = [0, 1];
    for (; span * WIDTH <= count; span *= WIDTH) level += 1;
    const first = start / span;
    const tile = await this.#tile(level, Math.floor(first / WIDTH), Math.floor(this.#size / span));
    const hashes = Array.from({ length: count / span }, (_, place) => {
      const at = ((first % WIDTH) + place) * 32;
      return tile.slice(at, at + 32);
    });
    return rootOver(hashes);
  }

  async #tile(level: number, number: number, hashes: number): Promise<Bytes> {
    const width = Math.min(WIDTH, hashes - number * WIDTH);
    const path = tilePath(level, number, width);
    const fetched = this.#fetched.get(path) ?? this.#fetch(path);
    this.#fetched.set(path, fetched);
    if ((await fetched).length !== width * 32) throw new Doubt("proof");
    return fetched;
  }
}

/** `tile/<level>/<number in groups of three>[.p/<width>]`. */
export function tilePath(level: number, number: number, width: number): string {
  let path = String(number % 1000).padStart(3, "0");
  for (let rest = Math.floor(number / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, "0")}/${path}`;
  }
  return `tile/${level}/${path}${width === WIDTH ? "" : `.p/${width}`}`;
}
