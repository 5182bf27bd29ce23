"""List files: one module for each layout in which the files of hot lists come.

What flows in: bytes. What flows out: rows, refused lines and counts; every line is one of them.
What it must never see: I/O, a key, a person's name that it would keep: what is read is an allow-list of fields.
"""
