"""Chimera, an autonomous content studio that cannot overspend. Start reading at `pipeline/flow.py`."""

__version__ = "0.1.0"
