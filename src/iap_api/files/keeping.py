"""Keeps a file and gives it back: made ready and sealed beside the event loop, its bytes first and its row after them.

Whatever breaks off in between leaves bytes without a row, which nobody can open and the sweep removes (`forgetting`);
never a row without its bytes.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from iap_api.access.caller import Caller
from iap_api.access.reading import PRIVATE
from iap_api.core.errors import Problem
from iap_api.core.log import log
from iap_api.core.preconditions import matches
from iap_api.core.sealing import KEY_BYTES, BrokenSeal, SealingKeys, UnknownKey
from iap_api.core.settings import Settings
from iap_api.core.tables import new_id
from iap_api.files.kinds import KINDS, Purpose, told_from
from iap_api.files.pictures import drawn_anew
from iap_api.files.s3_store import S3Store
from iap_api.files.sealed_bytes import Altered, opened, seal
from iap_api.files.store import DiskStore, NotInStore, Store
from iap_api.files.tables import StoredFile

# pictures being unpacked at once: each may take 200 MB and a core
_DRAWN_AT_ONCE = 2


class FileUnreadable(Problem):
    # a wrong key, an altered byte and bytes that are gone: only the operator can tell and cure
    status, kind, title = 503, "file-unreadable", "The file cannot be opened"
    advice = "Its bytes or its key are missing, or were altered in the store. The operator runs iap-api doctor."

    def __init__(self) -> None:
        """Always say when to come back."""
        super().__init__(headers={"Retry-After": "300"})


@dataclass(frozen=True)
class Made:
    """A file made ready and sealed, not kept yet."""

    row: StoredFile
    sealed: bytes


class Files:
    """The files of this server: its store and its keys."""

    def __init__(self, settings: Settings, store: Store | None = None) -> None:
        """Take the keys and the store of the settings, or another store."""
        self.store: Store = store or store_of(settings)
        self.keys: SealingKeys = settings.file_sealing_keys()
        secret = settings.secret.get_secret_value()
        self._name_key = hashlib.sha256(b"file names:" + secret.encode()).digest()
        self._drawing = asyncio.Semaphore(_DRAWN_AT_ONCE)

    async def made_ready(self, content: bytes, purpose: Purpose, school_id: UUID, account_id: UUID) -> Made:
        """Return a file made ready, in a thread; raises `FileNotTaken`, `PictureBroken` and `PictureTooLarge`."""
        kind = told_from(content, purpose)
        async with self._drawing:
            ready = await asyncio.to_thread(drawn_anew, content, kind, purpose)
            digest = hmac.digest(self._name_key, ready, "sha256")
            file_id, key = new_id(), secrets.token_bytes(KEY_BYTES)
            # the name is of this one file alone: two that are alike are told by nobody, and each goes by itself
            name = hmac.digest(self._name_key, file_id.bytes + digest, "sha256").hex()
            sealed = await asyncio.to_thread(seal, ready, key, bound_to(file_id, school_id))
        key_id, sealed_key = self.keys.seal(base64.b64encode(key).decode(), bound_to(file_id, school_id))
        row = StoredFile(
            id=file_id, school_id=school_id, purpose=purpose.name, media_type=kind.media_type, size=len(ready),
            name=name, digest=digest, key_id=key_id, sealed_key=sealed_key, kept_by=account_id,
        )  # fmt: skip
        return Made(row, sealed)

    async def put(self, made: Made) -> None:
        """Put the bytes into the store; only then may the row be written. Raises `StoreAway`."""
        await self.store.put(made.row.name, made.sealed)

    async def read(self, file: StoredFile) -> AsyncIterator[bytes]:
        """Yield the content of a file; raises `FileUnreadable` and `StoreAway`, and logs both without a word of it."""
        bound = bound_to(file.id, file.school_id)
        try:
            key = base64.b64decode(self.keys.open(file.key_id, file.sealed_key, bound))
            async for some in opened(self.store.read(file.name), key, bound):
                yield some
        except (UnknownKey, BrokenSeal, Altered, NotInStore) as error:
            log.error("file_unreadable", file_id=str(file.id), key_id=file.key_id, error=type(error).__name__)
            raise FileUnreadable() from None

    async def answered(self, caller: Caller, file: StoredFile) -> Response:
        """Answer a file that the caller may see, piece by piece; the caller's own handler has said that they may."""
        kind = KINDS[file.media_type]
        tag = f'"1.{file.digest[:6].hex()}"'
        disposition = "inline" if kind.shown else "attachment"
        headers = {
            **PRIVATE,
            "ETag": tag,
            "Content-Disposition": f'{disposition}; filename="{file.purpose}.{kind.ending}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        if matches(caller.request.headers.get("if-none-match"), tag):
            return Response(None, 304, headers)
        pieces = self.read(file)
        # what cannot be opened is told before the answer has begun
        first = await anext(pieces)
        headers["Content-Length"] = str(file.size)
        return StreamingResponse(_from(first, pieces), 200, headers, kind.media_type)


def bound_to(file_id: UUID, school_id: UUID) -> bytes:
    """Return what a file is bound to: its id and school, so that bytes or keys of another one do not open."""
    return b"file\x00" + file_id.bytes + school_id.bytes


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for some in rest:
        yield some


def store_of(settings: Settings) -> Store:
    """Return the store that the settings name."""
    return S3Store(settings) if settings.file_store else DiskStore(settings.data_dir / "files")


def files_of(caller: Caller) -> Files:
    """Return the files of this server."""
    found: Files = caller.request.app.state.files
    return found
