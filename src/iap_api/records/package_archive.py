"""Puts a package together: one ZIP file with the record as JSON and the index as PDF, made in a process of its own."""

import asyncio
import io
import sys
import zipfile
from typing import Any

from iap_api.core.errors import Unavailable
from iap_api.core.log import log
from iap_api.records.package_document import written

# a large record takes some seconds; whoever waits longer is told to come back
LONGEST_SECONDS = 60
# ZIP has no time before 1980; ours would only tell when the file was made, which the record says itself
_NO_TIME = (1980, 1, 1, 0, 0, 0)


async def archive_of(document: dict[str, Any], *, released: bool) -> bytes:
    """Return the ZIP file; its names tell nothing about anybody. Raises `Unavailable` if it cannot be made."""
    record = written(document)
    index = await _typeset(record, "released" if released else "working")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in (("index.pdf", index), ("record.json", record)):
            made.writestr(zipfile.ZipInfo(name, _NO_TIME), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


async def _typeset(record: bytes, how: str) -> bytes:
    """Typeset the index in a process of its own: it keeps a core busy, and its library never burdens the server."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "iap_api.records.package_index", how,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        made, said = await asyncio.wait_for(process.communicate(record), LONGEST_SECONDS)
    except BaseException as error:
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise Unavailable("The package takes too long to put together. Nothing was saved.") from error
        raise
    if process.returncode:
        # its last line names the error; what it read is not repeated
        log.error("typesetting_failed", error=said.decode(errors="replace").rsplit("\n", 2)[-2:][0].split(":")[0][:80])
        raise Unavailable("The package could not be put together. Nothing was saved.")
    return made
