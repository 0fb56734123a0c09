"""The sheet itself: every card has its place, nothing covers anything, and paper shows what the picture shows."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from iap_api.core import clock
from iap_api.core.sheets.answering import written
from iap_api.core.sheets.fitted_text import Line
from iap_api.core.sheets.sheet import INK
from iap_api.core.sheets.sheet_pdf import pdf_of
from iap_api.core.sheets.sheet_svg import svg_of
from iap_api.spaces.timetables.purposes import WORDS
from iap_api.spaces.timetables.timetable_axis import axis, chain
from iap_api.spaces.timetables.timetable_sheet import (
    DAYS,
    OF_A_BASE,
    OF_A_PUPIL,
    TINTS,
    Card,
    Sheet,
    laid_out,
    week_of,
)
from iap_api.spaces.timetables.timetable_symbols import SYMBOLS

MONDAY = date(2026, 11, 23)
PURPOSES = sorted(WORDS)


def card(day: int, minute: int, lasts: int, purpose: str = "lesson", space: str = "Classroom", *more: str) -> Card:
    start = datetime(2026, 11, 23 + day, minute // 60, minute % 60, tzinfo=clock.LONDON)
    lines = [Line(space, False, "Room"), *(Line(one, True, "+1") for one in more)]
    return Card(purpose, start.astimezone(UTC), (start + timedelta(minutes=lasts)).astimezone(UTC), lines)


def sheet_of(cards: Sequence[Card], title: str = "Amira’s week") -> Sheet:
    return laid_out(OF_A_PUPIL, Line(title, True, "My week"), MONDAY, cards)


def paper(sheet: Sheet) -> PdfReader:
    return PdfReader(io.BytesIO(pdf_of(msgspec.json.decode(written(sheet.drawn())), "Timetable")))


def said(sheet: Sheet) -> Counter[str]:
    """The words on the picture, however they are broken into lines."""
    root = ElementTree.fromstring(svg_of(sheet.drawn()))  # noqa: S314 - our own
    return Counter(" ".join(one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")).split())


def sixty() -> list[Card]:
    rooms = [f"Cocoon {number}" for number in range(1, 61)]
    return [card(at % 5, 540 + (at // 5) * 30, 45, PURPOSES[at % 8], rooms[at], "AO, BO +2") for at in range(60)]


CARDS = st.lists(
    st.builds(
        card, st.integers(0, 6), st.integers(0, 1380), st.integers(1, 720), st.sampled_from(PURPOSES),
        st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60).filter(str.strip),
    ),
    max_size=25,
)  # fmt: skip


@settings(deadline=None)
@given(CARDS)
def test_no_card_covers_another_or_leaves_the_sheet(cards: list[Card]) -> None:
    sheet = sheet_of(cards)
    boxes = [one for one in sheet.boxes if one.line == INK and one.fill != INK]
    assert len(boxes) == len(cards)
    for at, one in enumerate(boxes):
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + one.width <= sheet.width
        assert one.y + one.height <= sheet.height
        for other in boxes[at + 1 :]:
            apart = (
                one.x + one.width <= other.x + 0.1, other.x + other.width <= one.x + 0.1,
                one.y + one.height <= other.y + 0.1, other.y + other.height <= one.y + 0.1,
            )  # fmt: skip
            assert any(apart)


@given(st.lists(st.tuples(st.integers(0, 1400), st.integers(1, 700)).map(lambda one: (one[0], sum(one))), min_size=1))
def test_later_is_lower_and_a_short_visit_is_tall_enough_to_read(spans: list[tuple[int, int]]) -> None:
    place = axis(spans, 480, 40)
    marks = sorted({minute for span in spans for minute in span})
    assert [place(one) for one in marks] == sorted(place(one) for one in marks)
    assert place(marks[-1]) == pytest.approx(480)
    # as many as lie one below the other share the height
    least = min(40, 480 / chain(spans) * 0.92)
    assert min(place(end) - place(start) for start, end in spans) >= least * 0.9


def test_a_week_of_sixty_bookings_is_one_page_with_every_room_and_every_child_on_it() -> None:
    sheet = laid_out(OF_A_BASE, Line("The Bubble", True, "The week"), MONDAY, sixty())
    read = paper(sheet)
    assert len(read.pages) == 1
    text = " ".join(read.pages[0].extract_text().split())
    for shown in (text, " ".join(said(sheet).elements())):
        assert all(re.search(rf"\b{number}\b", shown) for number in range(1, 61))
    assert text.count("Cocoon") == said(sheet)["Cocoon"] == 60
    assert text.count("+2") == said(sheet)["+2"] == 60
    assert min(word.size for word in sheet.words) >= 6


def test_an_empty_week_is_a_calm_sheet_from_monday_to_friday() -> None:
    sheet = sheet_of([])
    text = paper(sheet).pages[0].extract_text()
    assert "Nothing is booked this week." in text
    assert [day for day in DAYS if day in text] == list(DAYS[:5])


def test_the_weekend_is_there_when_something_is() -> None:
    assert said(sheet_of([card(5, 600, 60)]))["Saturday"] == 1
    assert said(sheet_of([card(5, 600, 60)]))["Sunday"] == 0
    assert said(sheet_of([card(4, 600, 60)]))["Saturday"] == 0


@pytest.mark.parametrize(
    ("starts_at", "minutes", "shown"),
    [
        (datetime(2027, 3, 26, 9, tzinfo=UTC), 60, "9:00–10:00"),
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), 60, "0:30–2:30"),
        (datetime(2027, 3, 29, 8, tzinfo=UTC), 60, "9:00–10:00"),
        (datetime(2027, 10, 29, 8, tzinfo=UTC), 60, "9:00–10:00"),
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), 60, "1:30–1:30"),
        (datetime(2027, 11, 1, 9, tzinfo=UTC), 60, "9:00–10:00"),
    ],
)
def test_times_are_those_of_the_clock_on_the_wall_on_both_changes(
    starts_at: datetime, minutes: int, shown: str
) -> None:
    monday = week_of(starts_at.astimezone(clock.LONDON).date())
    one = Card("lesson", starts_at, starts_at + timedelta(minutes=minutes), [Line("Classroom", False, "Room")])
    sheet = laid_out(OF_A_PUPIL, Line("A week", True, "My week"), monday, [one])
    assert said(sheet)[shown] == 1


def test_a_card_is_as_high_as_it_lasts_in_the_hour_that_comes_twice() -> None:
    monday, twice = date(2027, 10, 25), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    short = datetime(2027, 10, 25, 0, 30, tzinfo=UTC)
    cards = [Card("lesson", start, start + timedelta(minutes=lasts), [Line("Classroom", False, "Room")])
             for start, lasts in ((short, 10), (twice, 60))]  # fmt: skip
    ten, sixty_minutes = (one.height for one in laid_out(OF_A_PUPIL, Line("A", True, "A"), monday, cards).boxes[-2:])
    assert sixty_minutes > ten


def test_a_name_without_a_gap_is_cut_rather_than_lost_or_made_too_small_to_read() -> None:
    name = "Wahrnehmungsförderungsraum"
    sheet = sheet_of([card(0, 540, 60, "lesson", f"{name}{number}") for number in range(6)])
    assert "".join(word.text for word in sheet.words).count("Wahrnehm") == 6
    assert min(word.size for word in sheet.words) >= 4


def test_a_symbol_stands_on_every_card_with_its_word_and_the_colours_are_pale() -> None:
    sheet = sheet_of([card(at % 5, 540 + 120 * (at // 5), 90, purpose) for at, purpose in enumerate(PURPOSES)])
    assert sorted(one.purpose for one in sheet.symbols) == PURPOSES
    words = said(sheet)
    assert all(part in words for word in WORDS.values() for part in word.split())
    assert set(SYMBOLS) == set(WORDS)
    for tint in TINTS.values():
        assert contrast(tint, INK) >= 12


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2)."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("name", "printed"),
    [("Zoë", "Zoë’s week"), ("Łukasz", "Łukasz’s week"), ("Ολυμπία", "Ολυμπία’s week"), ("Оксана", "Оксана’s week"),
     ("أميرة", "My week"), ("小明", "My week"), ("🦊", "My week"), ("", "’s week")],
)  # fmt: skip
def test_a_name_in_any_script_is_on_the_picture_and_on_paper_or_paper_says_my_week(name: str, printed: str) -> None:
    sheet = sheet_of([card(0, 540, 60)], f"{name}’s week")
    assert f"{name}’s" in said(sheet)
    assert paper(sheet).pages[0].extract_text().splitlines()[0] == printed


def test_a_room_that_paper_cannot_write_is_a_room_on_it_and_children_a_number() -> None:
    read = paper(sheet_of([card(0, 540, 120, "lesson", "غرفة هادئة", "小王, AO")]))
    assert {"Room", "+1"} <= set(read.pages[0].extract_text().split())
    # one letter alone needs no shaping
    assert "أ" in paper(sheet_of([card(0, 540, 120, "lesson", "Room 1", "أ, AO")])).pages[0].extract_text()


def test_a_picture_runs_nothing_and_fetches_nothing_whatever_a_room_is_called() -> None:
    named = '"><script>alert(1)</script><image href="http://x/"/>&\ufffe'
    root = ElementTree.fromstring(svg_of(sheet_of([card(0, 540, 60, "lesson", named)], named).drawn()))  # noqa: S314 - our own
    assert {one.tag.split("}")[1] for one in root.iter()} == {"svg", "title", "rect", "path", "text"}
    assert not {name for one in root.iter() for name in one.attrib if "href" in name or name.startswith("on")}


def test_the_file_on_paper_names_nobody_in_its_title() -> None:
    read = paper(sheet_of([card(0, 540, 60)]))
    assert read.metadata is not None
    assert read.metadata.title == "Timetable"
    assert "Amira" not in str(read.metadata)
