"""SIGTERM and SIGINT as something to wait for: a process ends between two pieces of work, not in one."""

import select
import signal
import socket
from types import FrameType


class Stop:
    """Whether somebody asked this process to stop. Readable by `select`, so that a wait ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)

    def install(self) -> "Stop":
        """Take over both signals of this process (main thread only)."""
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)
        return self

    def ask(self) -> None:
        """Stop after the piece of work in hand."""
        self.asked = True
        self._writer.send(b"x")

    def wait(self, seconds: float) -> None:
        """Sleep, or return at once when asked to stop."""
        if not self.asked:
            select.select([self], [], [], seconds)

    def fileno(self) -> int:
        """For `select`."""
        return self._reader.fileno()

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if not self.asked:
            self.ask()
