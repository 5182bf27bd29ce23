"""The web: reads in from readers, operations for people and programs, the log for anyone.

What flows in: HTTP requests. What flows out: acknowledgements, results, pages, tiles.
What it must never see: a key, a token, a row; it talks to operations and flows, never to seal, keys or store.
"""
