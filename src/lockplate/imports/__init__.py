"""Imports: released files in any sane form become records in a folder, each row accounted for.

What flows in: files as agencies released them. What flows out: a folder of releases with records, refusals, originals.
What it must never see: a node, a key, a store, a network.
"""
