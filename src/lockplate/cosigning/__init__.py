"""Cosigning: what a witness states about a checkpoint, how it is checked, and how many of them are enough.

What flows in: checkpoints, notes, policies. What flows out: cosignature lines, cosigned checkpoints.
What it must never see: I/O, a log's entries.
"""
