"""States: what each cell of a column is: given, masked, blank or not in the row, for a whole column at once.

What flows in: text columns. What flows out: codes of states; counts with what is unreadable among them.
What it must never see: which mask would stand for what.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lockplate.released import COUNT_MASK, MASK, STATES, State, state_of

CODE = {state: code for code, state in enumerate(STATES)}
Codes = NDArray[np.int8]
_FEW_WORDS = 1_000
"""Below this many different texts, looking at each is quicker than building Arrow's automaton for the masks."""
_NUMBER = r"^\d{1,12}$|^\d{1,3}(?:,\d{3}){1,3}$"


def trimmed(texts: pa.StringArray) -> pa.StringArray:
    """Return texts without white space around them: that is no part of what a release says."""
    return pc.utf8_trim_whitespace(texts)


def states_of(texts: pa.StringArray, *, count: bool = False) -> Codes:
    """Return the state of each cell, as `released.state_of` does for one."""
    encoded = texts.dictionary_encode()
    words = encoded.dictionary
    if len(words) <= _FEW_WORDS:
        told = [CODE[state_of(word, count=count)] for word in words.to_pylist()]
        codes = np.array([*told, CODE[State.NOT_EXPORTED]], np.int8)
    else:
        words = trimmed(words)
        codes = np.full(len(words) + 1, CODE[State.GIVEN], np.int8)
        for pattern in (MASK, COUNT_MASK) if count else (MASK,):
            codes[:-1][np.asarray(pc.match_substring_regex(words, pattern))] = CODE[State.MASKED]
        codes[:-1][np.asarray(pc.equal(words, ""))] = CODE[State.BLANK]
        codes[-1] = CODE[State.NOT_EXPORTED]
    found: Codes = codes[np.asarray(pc.fill_null(encoded.indices, len(words)))]
    return found


def read_counts(texts: pa.StringArray) -> tuple[pa.Int64Array, Codes]:
    """Return a column's numbers, null where there is none, and the states."""
    plain = trimmed(texts)
    good = pc.fill_null(pc.match_substring_regex(plain, _NUMBER), False)
    states = np.full(len(texts), CODE[State.GIVEN], np.int8)
    left = np.flatnonzero(~np.asarray(good))
    if len(left):
        told = states_of(texts.take(pa.array(left)), count=True)
        states[left] = np.where(told == CODE[State.GIVEN], CODE[State.UNREADABLE], told)
        plain = pc.if_else(good, plain, pa.scalar(None, pa.string()))
    return pc.cast(pc.replace_substring(plain, ",", ""), pa.int64()), states
