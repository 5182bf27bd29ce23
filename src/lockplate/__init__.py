"""Lockplate: a license-plate reader database that cannot become a dragnet.

What flows in: nothing; this file only names the version.
What flows out: the version string that the command line, the log and the OpenAPI document show.
What it must never see: a plate, a key, a setting.
"""

__version__ = "0.1.0"
