"""Wiring: builds every object of a node, and is the only place that sees everything.

What flows in: settings and a clock. What flows out: an open Node.
What it must never see: a request; it builds the parts and hands them out.
"""
