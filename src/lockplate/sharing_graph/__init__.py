"""The sharing graph: whose data, and who can search it, directly or through others; every edge with its rows.

What flows in: what sharing lists and audit rows state. What flows out: reach, paths, components, changes, files.
What it must never see: I/O, a node; a search's plate, reason or person.
"""
