"""Lookup: from a lawful question about a named plate to an answer, with a record before and after.

What flows in: an AccessRequest. What flows out: an answer, a denial with cites, or a request that waits.
What it must never see: a question without a plate; there is no such request.
"""
