"""Store: the engines that hold sealed rows, behind the smallest surface that Lockplate needs.

What flows in: sealed rows, probes. What flows out: rows that a probe names, and counts.
What it must never see: a plate, a plate key, a key, a person. There is no method that lists tokens of a place or time.
"""
