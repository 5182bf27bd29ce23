"""Readers: one module for each payload format, bytes in, reads out.

What flows in: a body as a camera, recorder or relay sent it. What flows out: Parsed (reads, rejects, ignored).
What it must never see: the store, keys, the gate, a log; a reader module cannot keep anything.
"""
