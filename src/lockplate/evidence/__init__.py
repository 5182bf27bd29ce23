"""Evidence: one tile log for each operator, its signed heads, the private details beside it, and its checker.

What flows in: access records, and sealed details. What flows out: places in the log, proofs, checkpoints, tiles.
What it must never see: a key that opens reads; an unsealed private detail on disk.

    record ─recorder→ leaf + sealed details ─log→ sequenced, integrated ─publisher→ published ─export→ anyone
    fsck rebuilds all of it from the entries and shares no code with any of the above.
"""
