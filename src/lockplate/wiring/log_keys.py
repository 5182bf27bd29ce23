"""Log keys: what checks each log of a home folder, also when the node in it does not open.

What flows in: settings with the key-encryption key. What flows out: each operator's published log key; mended logs.
What it must never see: a registry, a store, a read. Mending needs the node for itself.
"""

from collections.abc import Mapping

from lockplate.checkpoint import Signer
from lockplate.errors import KeyUnavailable
from lockplate.evidence.files import EvidenceFolder
from lockplate.evidence.mending import Mended, mend_log
from lockplate.keys.kek import Kek
from lockplate.settings import Settings
from lockplate.store.ownership import Ownership
from lockplate.terms import OperatorId
from lockplate.wiring.desk import SIGNING_KEY, open_ring, origin_of
from lockplate.wiring.layout import Layout
from lockplate.wiring.node import load_node_kek


def log_keys(settings: Settings, wanted: str = "") -> dict[OperatorId, str]:
    """Return the key that checks each log, or one operator's, from the key rings alone. Raises KeyUnavailable."""
    kek = load_node_kek(settings)
    evidence = settings.home / "evidence"
    names = sorted(one.name for one in evidence.iterdir() if one.is_dir()) if evidence.is_dir() else []
    return {OperatorId(name): _vkey(settings, OperatorId(name), kek) for name in names if wanted in {"", name}}


def mend_logs(settings: Settings, wanted: str = "") -> Mapping[OperatorId, Mended]:
    """Return what was made again in each log. Raises NodeBusy while the node runs, LogRefused for no proof."""
    ownership = Ownership(settings.home)
    try:
        mended: dict[OperatorId, Mended] = {}
        for operator, vkey in log_keys(settings, wanted).items():
            folder = EvidenceFolder.of(settings.home, operator)
            mended[operator] = mend_log(folder.log, folder.heads, vkey)
        return mended
    finally:
        ownership.release()


def _vkey(settings: Settings, operator: OperatorId, kek: Kek) -> str:
    if not Layout(settings.home).keys(operator).is_file():
        raise KeyUnavailable("an operator's key database is missing", code="key_database")
    ring = open_ring(settings.home, operator, kek)
    try:
        key = ring.stored_data_key(SIGNING_KEY)
    finally:
        ring.close()
    if key is None:
        raise KeyUnavailable("the log's signing key is missing", code="key_database")
    return Signer(origin_of(operator), key).vkey
