"""The store of files in a bucket of any S3-compatible store: put, read, deleted and listed, and no more."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from iap_api.core import clock
from iap_api.core.log import log
from iap_api.core.settings import Settings
from iap_api.files.s3_signature import Signer, written, written_query
from iap_api.files.store import NAME, NotInStore, StoreAway

_PATIENCE = httpx.Timeout(20.0, connect=5.0)
# a listing of a thousand names is some 400 kB; whoever answers more is no S3
_LONGEST_LISTING = 4 * 1024 * 1024


class S3Store:
    """One bucket, spoken to by path; nothing but sealed bytes and their names is sent there."""

    listed_at_once = 1000

    def __init__(self, settings: Settings) -> None:
        """Take the address, region and keys of the settings; nothing connects yet."""
        parts = urlsplit(settings.file_store)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        bucket, _, folder = parts.path.strip("/").partition("/")
        self._bucket, self._folder = f"/{bucket}", f"{folder}/" if folder else ""
        self._signer = Signer(
            settings.file_store_key_id.get_secret_value(),
            settings.file_store_secret.get_secret_value(),
            settings.file_store_region,
            parts.netloc,
        )
        self._client = httpx.AsyncClient(timeout=_PATIENCE, trust_env=False, follow_redirects=False)

    def _request(
        self, method: str, path: str, payload: bytes = b"", query: Mapping[str, str] | None = None
    ) -> httpx.Request:
        asked = query or {}
        url = f"{self._origin}{written(path)}{'?' if asked else ''}{written_query(asked)}"
        headers = self._signer.headers(method, path, asked, payload, clock.now())
        return self._client.build_request(method, url, content=payload, headers=headers)

    def _key(self, name: str) -> str:
        if not NAME.match(name):
            raise ValueError("no name of a file")
        return f"{self._bucket}/{self._folder}{name}"

    async def _sent(self, request: httpx.Request, *allowed: int) -> httpx.Response:
        """Send; raises `StoreAway` unless the status is one of these. The answer is still to be read and closed."""
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            log.error("file_store_away", error=type(error).__name__)
            raise StoreAway() from None
        if answer.status_code not in allowed:
            await answer.aclose()
            log.error("file_store_refused", method=request.method, status=answer.status_code)
            raise StoreAway()
        return answer

    async def put(self, name: str, sealed: bytes) -> None:
        """See `Store.put`."""
        answer = await self._sent(self._request("PUT", self._key(name), sealed), 200)
        await answer.aclose()

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """See `Store.read`."""
        answer = await self._sent(self._request("GET", self._key(name)), 200, 404)
        try:
            if answer.status_code == 404:
                raise NotInStore()
            async for some in answer.aiter_bytes():
                yield some
        except httpx.HTTPError:
            raise StoreAway() from None
        finally:
            await answer.aclose()

    async def delete(self, name: str) -> None:
        """See `Store.delete`."""
        answer = await self._sent(self._request("DELETE", self._key(name)), 204, 200, 404)
        await answer.aclose()

    async def names(self, before: datetime) -> AsyncIterator[str]:
        """See `Store.names`."""
        query = {"list-type": "2", "max-keys": str(self.listed_at_once), "prefix": self._folder}
        while True:
            listing = await self._listing(query)
            for one in listing.iter():
                if _is(one, "Contents"):
                    name = _text(one, "Key").removeprefix(self._folder)
                    if NAME.match(name) and datetime.fromisoformat(_text(one, "LastModified")) < before:
                        yield name
            following = _text(listing, "NextContinuationToken")
            if not following:
                return
            query = {**query, "continuation-token": following}

    async def _listing(self, query: Mapping[str, str]) -> ET.Element:
        answer = await self._sent(self._request("GET", self._bucket, query=query), 200)
        parts, size = [], 0
        try:
            async for some in answer.aiter_bytes():
                parts.append(some)
                size += len(some)
                if size > _LONGEST_LISTING or b"<!" in some:
                    raise StoreAway("The store of files answers what no S3 does.")
            # no document type may stand in it, so nothing in it unfolds
            return ET.fromstring(b"".join(parts))  # noqa: S314 - bounded, and without a document type
        except (httpx.HTTPError, ET.ParseError):
            raise StoreAway() from None
        finally:
            await answer.aclose()

    async def close(self) -> None:
        """See `Store.close`."""
        await self._client.aclose()


def _is(element: ET.Element, name: str) -> bool:
    return element.tag.rpartition("}")[2] == name


def _text(element: ET.Element, name: str) -> str:
    return next((one.text or "" for one in element if _is(one, name)), "")
