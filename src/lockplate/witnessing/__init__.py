"""Witnessing: a witness that cosigns what extends what it saw, and a log that asks several of them.

What flows in: checkpoints with proofs. What flows out: cosignatures, kept evidence of forks.
What it must never see: a read, a key of the sealed store, private details. A witness needs no access to any node.
"""
