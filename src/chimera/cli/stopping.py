"""Being told to stop: SIGTERM ends a command as Ctrl-C does, with everything closed in order."""

import signal
from types import FrameType


class StopSignals:
    """Which signal ended this process; SIGTERM goes the way of SIGINT, which asyncio turns into a cancelled command."""

    def __init__(self) -> None:
        self._received = signal.SIGINT

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + self._received

    def listen(self) -> None:
        """From now on SIGTERM interrupts."""
        signal.signal(signal.SIGTERM, self._interrupt)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._received = signal.SIGTERM
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            raise KeyboardInterrupt  # started in the background, where shells switch Ctrl-C off
        signal.raise_signal(signal.SIGINT)
