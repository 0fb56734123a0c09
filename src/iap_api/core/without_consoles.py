"""Loads httpx and structlog without the consoles they bring along: no server has one, and a worker is the smaller."""

import sys

# both go on without them
_CONSOLES = [name for name in ("rich", "pygments") if name not in sys.modules]

sys.modules.update(dict.fromkeys(_CONSOLES))  # type: ignore[arg-type]
import httpx  # noqa: E402, F401
import structlog  # noqa: E402, F401

for _name in _CONSOLES:
    del sys.modules[_name]
