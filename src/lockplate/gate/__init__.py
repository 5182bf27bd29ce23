"""The gate: decides every access with Cedar, and alone can make a Permit.

What flows in: an AccessRequest and facts about the people, agencies, grants and law around it.
What flows out: a Permit, or Denied / ApprovalNeeded with policy ids and cites.
What it must never see: a token, a sealed read, a key.
"""
