"""The command line: words in, words or JSON out; every command is an operation that HTTP offers too.

What flows in: arguments. What flows out: text for a person, `--json` for a program, an exit code.
What it must never see: a key; it calls operations, or the running server.
"""
