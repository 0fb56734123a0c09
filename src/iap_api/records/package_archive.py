"""Puts a package together: one ZIP file with the record as JSON and the index as PDF, made in a process of its own."""

import io
import zipfile
from typing import Any

from iap_api.core.typesetting import typeset
from iap_api.records.package_document import written

# ZIP has no time before 1980; ours would only tell when the file was made, which the record says itself
_NO_TIME = (1980, 1, 1, 0, 0, 0)


async def archive_of(document: dict[str, Any], *, released: bool) -> bytes:
    """Return the ZIP file; its names tell nothing about anybody. Raises `Unavailable` if it cannot be made."""
    record = written(document)
    index = await typeset("iap_api.records.package_index", "released" if released else "working", given=record)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in (("index.pdf", index), ("record.json", record)):
            made.writestr(zipfile.ZipInfo(name, _NO_TIME), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()
