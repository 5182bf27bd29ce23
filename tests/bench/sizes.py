"""Sizes: how many reads a run of the benchmarks is about, and what each measure makes of that.

What flows in: `--size`. What flows out: counts, each with its upper bound.
What it must never see: a store. No measure grows without bound: only questions and disk use the whole size.
"""

import re

import msgspec

_FORM = re.compile(r"(\d+)([KM]?)")
_FACTOR = {"": 1, "K": 1_000, "M": 1_000_000}


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """What one run measures, in numbers."""

    reads: int
    """Reads in the store that questions are asked of."""

    @property
    def vehicles(self) -> int:
        """Distinct plates among the stored reads."""
        return min(1_000_000, max(2_000, self.reads // 20))

    @property
    def file_rows(self) -> int:
        """Rows of the files that are taken in."""
        return min(2_000_000, self.reads)

    @property
    def released_rows(self) -> int:
        """Rows of the released audit that is imported."""
        return min(10_000_000, self.reads)

    @property
    def bulk_lines(self) -> int:
        """Lines sent over HTTP in batches."""
        return min(1_500_000, self.reads)

    @property
    def lines_a_batch(self) -> int:
        """Lines in one batch over HTTP."""
        return min(5_000, self.bulk_lines // 8)

    @property
    def payloads(self) -> int:
        """Single vendor payloads sent over HTTP."""
        return min(40_000, max(500, self.reads // 25))

    @property
    def records(self) -> int:
        """Vendor payloads stored with a record, to weigh them."""
        return min(50_000, max(500, self.reads // 20))

    @property
    def entries(self) -> int:
        """Entries of the hot list."""
        return min(1_000_000, self.reads)

    @property
    def live_rate(self) -> int:
        """Reads a second on the live path."""
        return 2_000 if self.reads >= 100_000 else 100

    @property
    def live_seconds(self) -> int:
        """How long the live path is under load."""
        return 60 if self.reads >= 1_000_000 else 20 if self.reads >= 100_000 else 4

    @property
    def live_every(self) -> int:
        """One read in so many is on the hot list."""
        return 500 if self.reads >= 100_000 else 10

    @property
    def questions(self) -> int:
        """Questions asked."""
        return 400 if self.reads >= 1_000_000 else 200 if self.reads >= 100_000 else 40

    @property
    def postgres_rows(self) -> int:
        """Rows of the PostgreSQL table that the same questions are put to; loading more takes too long."""
        return min(5_000_000, self.reads)

    @property
    def free_bytes_needed(self) -> int:
        """Room on disk: three stores with their merges, the files, a write-ahead log, a release with its copy."""
        return 2_000_000_000 + self.reads * 60 + self.postgres_rows * 300 + self.released_rows * 450


def parse_size(text: str) -> Sizes:
    """Return the sizes for `10K`, `1M`, `100M` and the like; raises ValueError for anything else."""
    match = _FORM.fullmatch(text.strip().upper())
    reads = int(match[1]) * _FACTOR[match[2]] if match else 0
    if not 1_000 <= reads <= 1_000_000_000:
        raise ValueError("a size is between 1K and 1000M, such as 10K, 1M or 100M")
    return Sizes(reads=reads)
