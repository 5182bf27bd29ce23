"""Operations: every command once, typed, for both faces: the command line and HTTP call the same function.

What flows in: an open Node, an actor, a typed request. What flows out: a typed result.
What it must never see: a terminal, an HTTP request; faces turn those into requests and results into words.
"""
