"""Listening: programs that bring to a node what devices say elsewhere, such as on an MQTT broker.

What flows in: other people's messages. What flows out: the same, posted to the readers' door with a reader's key.
What it must never see: a key of the node, its store, its registry, its gate: it is a client like any reader.
"""
