"""Answers a sheet as the file that is asked for: SVG at once, PNG and PDF from a process of their own."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from starlette.responses import Response

from iap_api.core.preconditions import matches
from iap_api.core.sheets.sheet import Sheet
from iap_api.core.sheets.sheet_svg import svg_of
from iap_api.core.typesetting import typeset

_HERE = Path(__file__).parent
MEDIA = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
# a picture from here runs nothing and fetches nothing, wherever it is opened
_SAFE = {"Content-Security-Policy": "default-src 'none'; sandbox"}


def written(sheet: Sheet) -> bytes:
    """Return the sheet as `sheet_pdf` reads it."""
    lists = {name: [list(one) for one in getattr(sheet, name)] for name in ("boxes", "paths", "words")}
    return msgspec.json.encode({**sheet._asdict(), **lists})


async def answer_sheet(
    sheet: Sheet, form: str, name: str, title: str, *, if_none_match: str | None, headers: Mapping[str, str]
) -> Response:
    """Answer a sheet as `form`: svg, png or pdf; `name` and `title` outlive it, so they name nobody."""
    given = written(sheet)
    tag = f'"{form}.{hashlib.blake2b(given, digest_size=12).hexdigest()}"'
    told = {**headers, "ETag": tag, "Content-Disposition": f'inline; filename="{name}.{form}"'}
    if matches(if_none_match, tag):
        return Response(None, 304, told)
    if form == "pdf":
        made = await typeset(_HERE / "sheet_pdf.py", title, given=given)
    elif form == "png":
        made = await typeset(_HERE / "sheet_png.py", given=svg_of(sheet))
    else:
        made, told = svg_of(sheet), {**told, **_SAFE}
    return Response(made, 200, told, MEDIA[form])
