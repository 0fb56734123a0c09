"""Where sealed bytes lie: what a store can do, and the one on disk, in the folder `files` of the data folder."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from iap_api.core.errors import Problem

NAME = re.compile(r"^[0-9a-f]{64}\Z")
_PIECE = 256 * 1024
_NEW = ".new"


class StoreAway(Problem):
    status, kind, title = 503, "file-store-away", "The store of files does not answer"
    advice = "Nothing was saved. Send the same request again in a moment; the operator runs iap-api doctor."

    def __init__(self, detail: str | None = None) -> None:
        """Always say when to come back."""
        super().__init__(detail, headers={"Retry-After": "10"})


class NotInStore(LookupError):
    """The store has nothing of that name."""


class Store(Protocol):
    """What every store does; each raises `StoreAway` when it cannot."""

    async def put(self, name: str, sealed: bytes) -> None:
        """Keep bytes under a name, whole and lastingly once it returns."""

    def read(self, name: str) -> AsyncIterator[bytes]:
        """Yield the bytes of a name; raises `NotInStore` before the first of them."""

    async def delete(self, name: str) -> None:
        """Let go of a name, whether or not it is there."""

    def names(self, before: datetime) -> AsyncIterator[str]:
        """Yield every name that has been there since before an instant."""

    async def close(self) -> None:
        """Let go of connections."""


class DiskStore:
    """Files below one folder, spread by the first two digits of their names; readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made with the first file."""
        self.folder = folder

    def _at(self, name: str) -> Path:
        if not NAME.match(name):
            raise ValueError("no name of a file")
        return self.folder / name[:2] / name

    async def put(self, name: str, sealed: bytes) -> None:
        """See `Store.put`: written beside, and moved to its name when it is on the disk."""
        try:
            await asyncio.to_thread(self._write, self._at(name), sealed)
        except OSError:
            raise StoreAway() from None

    def _write(self, target: Path, sealed: bytes) -> None:
        beside = self.folder / _NEW / secrets.token_hex(16)
        for folder in (beside.parent, target.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
                made.write(sealed)
                made.flush()
                os.fsync(made.fileno())
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        for folder in (target.parent, self.folder):
            _sync(folder)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """See `Store.read`."""
        try:
            source = await asyncio.to_thread(self._at(name).open, "rb")
        except FileNotFoundError:
            raise NotInStore() from None
        except OSError:
            raise StoreAway() from None
        try:
            while some := await asyncio.to_thread(source.read, _PIECE):
                yield some
        except OSError:
            raise StoreAway() from None
        finally:
            source.close()

    async def delete(self, name: str) -> None:
        """See `Store.delete`."""
        try:
            await asyncio.to_thread(self._at(name).unlink, missing_ok=True)
        except OSError:
            raise StoreAway() from None

    async def names(self, before: datetime) -> AsyncIterator[str]:
        """See `Store.names`; what a crash left half written goes meanwhile."""
        try:
            for name in await asyncio.to_thread(self._older, before):
                yield name
        except OSError:
            raise StoreAway() from None

    def _older(self, before: datetime) -> list[str]:
        found = []
        for file in self.folder.glob("*/*"):
            # what another one lets go of meanwhile is no fault
            with suppress(FileNotFoundError):
                if datetime.fromtimestamp(file.stat().st_mtime, UTC) >= before:
                    continue
                if file.parent.name == _NEW:
                    file.unlink()
                elif NAME.match(file.name):
                    found.append(file.name)
        return found

    async def close(self) -> None:
        """Nothing is held open."""


def _sync(folder: Path) -> None:
    # the name itself is on the disk too when this returns
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
