"""The same API with a ledger of reads that writes nothing: what it gains is the ledger's share of a read."""

from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp

from iap_api import main
from iap_api.core.gate import Gate


class _NoLedger:
    async def write(self, entries: Sequence[Any]) -> None:
        """Write nothing."""


class _NoSealer:
    def __init__(self, _database: Any) -> None:
        """Seal nothing: another server's entries must be that server's work."""

    def start(self) -> None:
        """Do not begin."""

    async def stop(self) -> None:
        """Nothing runs."""


def create() -> ASGIApp:
    """Return the application for uvicorn's factory mode."""
    main.Sealer = _NoSealer  # type: ignore[misc,assignment]
    app = main.build()
    app.state.read_ledger = _NoLedger()
    return Gate(app, app.state.settings)
