"""Alerting: hits are shown to the people whom the policy names, compared by a person, and followed up.

What flows in: hits. What flows out: alerts, and what people found; each on record first.
What it must never see: an unmatched read, a key of an hour.
"""
