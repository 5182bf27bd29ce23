"""What holds for the fault tests: their modules import each other by name, as they do under run.py."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
