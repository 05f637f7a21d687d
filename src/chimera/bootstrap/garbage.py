"""How a process that works for days and hosts thousands of agents collects cyclic garbage."""

import gc

THRESHOLDS = (10_000, 20, 50)
"""Python's own 700, 10, 10 looked through everything several times a second under load: a sixth of the processor time,
and stops of thirty milliseconds."""


def collect_rarely() -> None:
    """Leave out of every later collection what is there by now, and collect the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
