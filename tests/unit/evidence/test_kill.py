"""Kill -9: whatever moment a node dies, nothing that was acknowledged is lost, and the evidence is clean."""

import hashlib
import random
import subprocess
import sys
import time
from pathlib import Path

from lockplate.evidence.fsck import check_log

ROUNDS = 22
APPENDER = Path(__file__).with_name("appender.py")


def run_and_kill(tmp_path, operator, seconds):
    """Start an appender, let it work for a while, kill it, and return the lines it had printed."""
    command = [sys.executable, str(APPENDER), str(tmp_path), operator, bytes(range(32)).hex()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert b"ready\n" == process.stdout.readline()
        time.sleep(seconds)
    finally:
        process.kill()
        out, errors = process.communicate(timeout=30)
    assert (b"", -9) == (errors, process.returncode)
    return [line.split() for line in out.decode().splitlines()]


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path, operator, folder, signer):
    """Over 22 kills at random moments each acknowledged place keeps its entry, each published size stays, fsck is clean."""
    folder.create(signer).close()
    moments = random.Random(20261124)
    acknowledged, published = {}, 0
    for _ in range(ROUNDS):
        for first, second in run_and_kill(tmp_path, operator, moments.uniform(0.0, 0.25)):
            if first == "published":
                published = max(published, int(second))
            else:
                assert int(first) not in acknowledged, "a place was given twice"
                acknowledged[int(first)] = second
        report = check_log(folder.log, folder.heads, folder.details, signer.vkey)
        assert () == report.findings
        with folder.open(signer) as evidence:
            found = {place: hashlib.sha256(evidence.log.entry(place)).hexdigest() for place in acknowledged}
            assert acknowledged == found
            assert published <= report.counts["signed_size"] <= evidence.log.size
    assert len(acknowledged) > 1000, "the appender hardly ran, so the kills proved nothing"
