"""Holding: one plate's reads of one past window kept beyond their limit, and forgotten when the hold ends.

What flows in: who asks, on what ground, for which plate and window. What flows out: a hold; leaves in the log.
What it must never see: a way to show what it keeps. Reading it is a question, which `lookup` answers.
"""
