"""Intake: from a payload or a file to durable sealed rows, and to hits.

What flows in: bodies from readers, files, the hot-list index. What flows out: acknowledgements, counts, sealed rows,
hits. What it must never see: a question, a person's name, a permit. Plate text ends here.
"""
