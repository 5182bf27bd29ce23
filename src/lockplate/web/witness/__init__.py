"""The witness on the web: an application of its own, with no node, no store and no policy behind it.

What flows in: checkpoints from logs, questions from monitors and keepers. What flows out: cosignatures, a page.
What it must never see: a node. Importing this loads neither the store's engine nor the policy engine.
"""
