"""A log of aics-tlog's that asks a witness by aics-witness's own client: `ask_with_aics.py FOLDER vkey`, or
`ask_with_aics.py FOLDER ask URL WITNESS-KEY STEP…`; each STEP is STORY:SIZE. Run with the Python of .venv-foreign.

The log is rebuilt in each run: leaves `STORY number`, signed with one key whatever the story. Prints one JSON object a
step: what the client said, and whether aics-tlog's own verifier accepts the cosigned checkpoint under a quorum of one.
FOLDER holds the client's memory of the witness.
"""

import json
import sys
from pathlib import Path

from aics_tlog import (
    Checkpoint,
    MerkleTree,
    format_vkey,
    parse_note,
    parse_vkey,
    sign_checkpoint,
    verify_checkpoint,
    vkey_from_ed25519,
)
from aics_witness.feeder import FeederError, WitnessClient, merge_cosignatures
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "their-log.example/messages"
KEY = Ed25519PrivateKey.from_private_bytes(b"their log's key, 32 bytes long..")
MOST = 200


def main(folder: Path, word: str, *more: str) -> None:
    log_key = vkey_from_ed25519(ORIGIN, KEY.public_key())
    if word == "vkey":
        print(format_vkey(log_key))
        return
    url, witness_key, *steps = more
    with WitnessClient(url, witness_key, state_path=folder / "client.json", max_attempts=1, timeout=100) as client:
        for step in steps:
            story, _, size = step.partition(":")
            tree = MerkleTree(f"{story} {number}".encode() for number in range(MOST))
            note = sign_checkpoint(Checkpoint(ORIGIN, int(size), tree.root(int(size))), KEY, ORIGIN).to_bytes()
            try:
                lines = client.submit(note, tree.consistency_proof)
            except FeederError as error:
                told = {"refused": type(error).__name__, "status": getattr(error, "status", None), "says": str(error)}
            else:
                cosigned = merge_cosignatures(note, lines)
                checked = verify_checkpoint(
                    parse_note(cosigned),
                    log_key,
                    [parse_vkey(witness_key)],
                    1,
                    expected_origin=ORIGIN,
                    max_age_seconds=99,
                )
                told = {"lines": lines, "accepted": checked.ok, "note": cosigned.decode()}
            print(json.dumps({"step": step, **told}), flush=True)


main(Path(sys.argv[1]), *sys.argv[2:])
