"""Reporting: what an operator owes the public and the state, made from its configuration and its log.

What flows in: records, law, registers, a person's statements. What flows out: counts, periodic reports, a policy.
What it must never see: a key, a read, private details. A number that the log does not hold is not a number here.
"""
