"""Pages: the small set of server-rendered pages that people use; every act on them is an operation.

What flows in: requests of browsers. What flows out: HTML that works without script.
What it must never see: a key, a token, a row; a plate in a URL; a form without its session's token.
"""
