"""Simulate: a county's readers as a client would see them, so that a node has something to keep and to refuse.

What flows in: a seed, a rate, a window of time. What flows out: true passages, and the messages readers make of them.
What it must never see: the store, seals, keys, the gate; it talks to a node only as a reader does, over HTTP or files.
Every plate here is invented.
"""
