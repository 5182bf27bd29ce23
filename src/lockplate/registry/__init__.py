"""The control database: agencies, operators, readers, people, sessions, grants, hot lists, hits, waiting requests.

What flows in: changes that a flow has decided and recorded. What flows out: facts, and things by name.
What it must never see: a key, or an unmatched read. Plates, reasons and requests lie in sealed columns only.
"""
