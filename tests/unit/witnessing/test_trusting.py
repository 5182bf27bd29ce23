"""Which logs are watched: by keys that the keeper gave, and a second one only on purpose."""

import pytest

from lockplate.cosigning.cosignature import Cosigner
from lockplate.errors import BadInput, Conflict
from lockplate.witnessing.trusting import trust_log
from witnessed import PlainLog


@pytest.fixture
def state(folder):
    with folder.open_state() as opened:
        yield opened


def test_a_log_is_watched_under_its_key(state, clock, log):
    """Adding it again changes nothing."""
    other = PlainLog(origin="lockplate.example/farfield")
    assert (log.signer.verifier,) == trust_log(state, log.vkey, clock.now())
    assert (other.signer.verifier,) == trust_log(state, other.vkey, clock.now())
    assert [log.origin, other.origin] == [one.origin for one in state.logs()]


def test_a_second_key_is_trusted_only_on_purpose(state, clock, log):
    """A key that turns up for a known log is a change of key, or somebody who would sign in its name."""
    second = PlainLog(seed=bytes(32))
    with pytest.raises(Conflict) as refused:
        trust_log(state, second.vkey, clock.now())
    assert "other_log_key" == refused.value.code
    assert 1 == len(state.trusted(log.origin))
    both = (log.signer.verifier, second.signer.verifier)
    assert both == trust_log(state, second.vkey, clock.now(), another=True)
    assert both == trust_log(state, log.vkey, clock.now())


def test_what_is_no_logs_key_is_refused(state, clock):
    """A witness's key, a weak one, a name too long for the ML-DSA form, and nonsense."""
    witness = Cosigner("clerk.example/w2", bytes(64)).keys
    for vkey in (*(key.text() for key in witness), PlainLog(origin="x" * 256).vkey, "nonsense", ""):
        with pytest.raises(BadInput):
            trust_log(state, vkey, clock.now())
    assert 255 == len(trust_log(state, PlainLog(origin="x" * 255).vkey, clock.now())[0].name)
