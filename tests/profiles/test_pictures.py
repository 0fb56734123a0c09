"""Pictures as a person approved them: drawn the same again, and in a browser nothing is cut and nothing overlaps.

To approve a change, run `python -m tests.profiles.approve`, open what changed under `approved`, and look at it.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader

from iap_api.core.sheets.answering import written
from iap_api.core.sheets.sheet import WHITE, Sheet
from iap_api.core.sheets.sheet_pdf import pdf_of
from iap_api.core.sheets.sheet_png import png_of
from iap_api.core.sheets.sheet_svg import svg_of
from tests.documentation.browser import Page, browser
from tests.profiles.pictures import PICTURES

APPROVED = Path(__file__).parent / "approved"
AS_PNG = ("profile_with_the_earlier_one", "line", "group")
# another build of the renderer may set the edge of a letter a little lighter
FAR_APART, MOST_PIXELS = 64, 0.002


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_the_one_that_was_approved(name: str) -> None:
    assert svg_of(PICTURES[name]()) == (APPROVED / f"{name}.svg").read_bytes()


def test_nothing_else_was_approved() -> None:
    assert {one.stem for one in APPROVED.glob("*.svg")} == set(PICTURES)
    assert {one.stem for one in APPROVED.glob("*.png")} == set(AS_PNG)


@pytest.mark.parametrize("name", AS_PNG)
def test_the_png_is_the_one_that_was_approved(name: str) -> None:
    drawn, approved = (
        Image.open(io.BytesIO(one)).convert("L")
        for one in (png_of(svg_of(PICTURES[name]())), (APPROVED / f"{name}.png").read_bytes())
    )
    assert drawn.size == approved.size
    other = ImageChops.difference(drawn, approved).point(lambda value: 255 if value > FAR_APART else 0)
    assert other.histogram()[255] <= MOST_PIXELS * drawn.width * drawn.height


@pytest.mark.parametrize("name", PICTURES)
def test_paper_shows_every_word_of_the_picture_on_one_page(name: str) -> None:
    sheet = PICTURES[name]()
    read = PdfReader(io.BytesIO(pdf_of(json.loads(written(sheet)), "Profile")))
    assert len(read.pages) == 1
    printed = "".join(read.pages[0].extract_text().split())
    for word in sheet.words:
        assert "".join(word.text.split()) in printed, word.text


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


# the ink of each line of text is nearer than its box, which has room for letters like Å and g
BOXES = """
return [...document.querySelectorAll('text')].map(one => {
  const box = one.getBBox(), size = parseFloat(one.getAttribute('font-size'));
  const top = box.y + size * 0.22, low = box.y + box.height - size * 0.2;
  return [one.getAttribute('fill') + one.textContent, box.x, top, box.x + box.width, low];
});
"""


def opened(page: Page, name: str, folder: Path) -> Sheet:
    """The picture as it is drawn today, open in the browser."""
    sheet = PICTURES[name]()
    (folder / "picture.svg").write_bytes(svg_of(sheet))
    page.open((folder / "picture.svg").as_uri())
    return sheet


MARKS = """
return [...document.querySelectorAll('path')].filter(one => !['none', '#ffffff'].includes(one.getAttribute('fill')))
  .map(one => { const box = one.getBBox(); return [box.x, box.y, box.x + box.width, box.y + box.height]; });
"""


@pytest.mark.parametrize("name", PICTURES)
def test_in_a_browser_no_words_lie_on_a_mark(page: Page, name: str, tmp_path: Path) -> None:
    opened(page, name, tmp_path)
    marks = page.run(MARKS)
    for text, left, top, right, low in page.run(BOXES):
        # a number in a disc is written on it, in white; the report's marks are those of its picture, moved
        for x, y, r, b in [] if text.startswith(WHITE) or name == "report" else marks:
            apart = right <= x + 1 or r <= left + 1 or low <= y + 1 or b <= top + 1
            assert apart, f"{text} lies on a mark"


@pytest.mark.parametrize("name", PICTURES)
def test_in_a_browser_nothing_is_cut_and_no_words_overlap(page: Page, name: str, tmp_path: Path) -> None:
    sheet = opened(page, name, tmp_path)
    boxes: list[Any] = page.run(BOXES)
    assert len(boxes) == len(sheet.words)
    for at, (text, left, top, right, low) in enumerate(boxes):
        assert left >= 0, text
        assert top >= 0, text
        assert right <= sheet.width, text
        assert low <= sheet.height, text
        for other, x, y, r, b in boxes[at + 1 :]:
            apart = right <= x + 1 or r <= left + 1 or low <= y + 1 or b <= top + 1
            assert apart, f"{text} lies on {other}"
