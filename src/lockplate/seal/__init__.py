"""Seal: a read goes in with its plate and comes out without; it opens only for a permit that names the plate.

What flows in: reads, permits, keys. What flows out: tokens, sealed rows, opened records.
What it must never see: the store, the network, a person. The words "all plates of this hour" cannot be said here.
"""
