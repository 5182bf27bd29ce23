"""Keys: one random key for each operator and hour, kept only wrapped, and destroyed to forget.

What flows in: a key-encryption key, an operator, a period. What flows out: period and data keys, to seal alone.
What it must never see: a plate, a read, a question.
"""
