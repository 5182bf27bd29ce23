// Doubt: why something is not believed.
// What flows in: the kind of doubt. What flows out: an error that says nothing of what was read.
// What it must never see: a record, a plate, an address.

export type DoubtKind =
  | "malformed" // not what the format allows
  | "unsigned" // no signature by the key that is trusted
  | "forged" // a signature under that key's name which does not hold
  | "other-log" // signed with the key, for another log
  | "no-record" // a receipt without the record itself
  | "proof" // hashes that do not lead to the signed root
  | "smaller" // fewer records than before
  | "rewritten"; // another history than before

/** Something was refused; whoever catches it decides on the words. */
export class Doubt extends Error {
  readonly kind: DoubtKind;

  constructor(kind: DoubtKind) {
    super(kind);
    this.kind = kind;
  }
}
