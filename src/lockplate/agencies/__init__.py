"""Agencies: from the names and slugs that releases use to one agency, with every step explained.

What flows in: a name as a release writes it; lists and confirmations that a user brings. What flows out: resolutions.
What it must never see: I/O, a network, a list of real agencies. Rules and public facts only: the states, common words
of the field, the federal agencies (docs/oversight-agencies.md, decision 0034).
"""
