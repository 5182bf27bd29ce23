"""Soak: the demo county at ten times real time; no failed request, and no growth of memory after the first ten minutes.

What flows in: minutes, a speed. What flows out: a curve of the server's memory, the traffic's own report, a verdict.
What it must never see: a plate. Run it on a quiet machine: `make soak MINUTES=60`.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE_SECONDS = 30
SETTLE_MINUTES = 10
ALLOWED_GROWTH = 0.10
"""Of the median of the ten minutes after settling; noise of the allocator stays within it."""


def main() -> int:
    """Run the soak and return 0 when both promises hold."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--speed", type=float, default=10)
    options.add_argument("--rate", type=float, default=2000, help="passages an hour of simulated time")
    options.add_argument("--port", type=int, default=8431)
    options.add_argument("--json", type=Path, default=Path("soak-results.json"))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="lockplate-soak-") as folder:
        home = Path(folder) / "home"
        result = soak(home, chosen.minutes, chosen.speed, chosen.rate, chosen.port)
    chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print_result(result)
    return 0 if result["no_failed_request"] and result["no_growth"] else 1


def soak(home: Path, minutes: float, speed: float, rate: float, port: int) -> dict[str, object]:
    """Run the demo as anyone would, sample its memory, stop it, and read the traffic's report."""
    back = speed * (minutes + 5) / 60
    command = [
        sys.executable, "-m", "lockplate.cli.main", "demo", "--home", str(home), "--port", str(port),
        "--speed", str(speed), "--back", str(back), "--rate", str(rate),
    ]  # fmt: skip
    curve: list[tuple[float, int]] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        try:
            wait_for(home / "run" / "traffic.json", server)
            start = time.monotonic()
            while (elapsed := time.monotonic() - start) < minutes * 60 and server.poll() is None:
                curve.append((round(elapsed / 60, 2), resident_kb(server.pid)))
                sys.stderr.write(f"\r{elapsed / 60:6.1f} min  {curve[-1][1] / 1024:7.0f} MB")
                time.sleep(SAMPLE_SECONDS)
        finally:
            server.send_signal(signal.SIGINT)
            _, errors = server.communicate(timeout=120)
    report = json.loads((home / "run" / "traffic.json").read_text(encoding="utf-8"))
    return verdict(curve, report, minutes, speed) | {"server_errors": errors.decode(errors="replace").count('"error"')}


def verdict(
    curve: list[tuple[float, int]], report: dict[str, object], minutes: float, speed: float
) -> dict[str, object]:
    """Return the result: what was sent and answered, and whether memory grew after settling."""
    settled = [kb for at, kb in curve if at >= min(SETTLE_MINUTES, minutes / 2)]
    third = max(1, len(settled) // 3)
    early, late = median(settled[:third]), median(settled[-third:])
    return {
        "minutes": minutes,
        "speed": speed,
        "sent": report["sent"],
        "acknowledged": report["acknowledged"],
        "failed": report["failed"],
        "by_status": report["by_status"],
        "p50_ms": report["p50_ms"],
        "p99_ms": report["p99_ms"],
        "no_failed_request": report["failed"] == 0 and report["sent"] == report["acknowledged"],
        "early_mb": round(early / 1024, 1),
        "late_mb": round(late / 1024, 1),
        "no_growth": late <= early * (1 + ALLOWED_GROWTH),
        "curve_mb": [[at, round(kb / 1024, 1)] for at, kb in curve],
    }


def wait_for(path: Path, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the demo has settled and its traffic runs; five minutes at most."""
    end = time.monotonic() + 300
    while not path.exists():
        if server.poll() is not None or time.monotonic() > end:
            raise SystemExit("the demo did not start")
        time.sleep(0.5)


def resident_kb(pid: int) -> int:
    """Return a process's resident memory in kB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def median(values: list[int]) -> float:
    """Return the middle of some numbers."""
    ordered = sorted(values)
    return float(ordered[len(ordered) // 2]) if ordered else 0.0


def print_result(result: dict[str, object]) -> None:
    """Print the curve and the verdict."""
    curve = result["curve_mb"]
    assert isinstance(curve, list)
    top = max((mb for _, mb in curve), default=1.0)
    print("\nminute    MB")
    for at, mb in curve[:: max(1, len(curve) // 40)]:
        print(f"{at:6.1f} {mb:6.0f} {'#' * round(50 * mb / top)}")
    print(json.dumps({name: value for name, value in result.items() if name != "curve_mb"}))


if __name__ == "__main__":
    sys.exit(main())
