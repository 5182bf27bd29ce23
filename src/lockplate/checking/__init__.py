"""Checking: a node's store, keys and registry held against what its logs say.

What flows in: an open node. What flows out: reports of what does not fit.
What it must never see: a change; nothing here writes.
"""
