"""Says whether the server of this process has been told to stop, for answers that would otherwise never end.

uvicorn waits for open answers before it ends the application's own life, so an answer that goes on must ask.
"""

import signal
from collections.abc import Callable


def told_to_stop() -> Callable[[], bool]:
    """Return the question whether to stop; asked for once the server has put up its signal handlers."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return lambda: bool(getattr(server, "should_exit", False))
