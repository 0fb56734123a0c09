"""The calendar file itself: what a second library reads of it, awkward names, and both clock changes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import vobject
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.pupils.initials import initials
from iap_api.spaces.bookings.booking_shapes import Purpose
from iap_api.spaces.calendars.entries import Entry
from iap_api.spaces.calendars.icalendar_writer import written
from iap_api.spaces.timetables.purposes import WORDS

# as `Line` lets them in: no control characters, no surrogates, none that turn the direction
NAMES = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs"),
        exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ),
    min_size=1, max_size=120,
)  # fmt: skip
AWKWARD = st.one_of(
    NAMES,
    st.sampled_from(
        (
            "Art, music; and \\more", 'Room: 3 "quiet"', "a\\n b", "غرفة هادئة", "🦊" * 40, "é" * 80,
            "BEGIN:VEVENT", "a^b'c", "\u2028",
        )
    ),
)  # fmt: skip
CHANGES = (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC))
MOMENTS = st.one_of(
    st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0)
    ),
    st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-180, 180)
    ),
)


def entry(**more: object) -> Entry:
    usual = {
        "id": new_id(), "version": 3, "changed_at": datetime(2026, 11, 1, 12, tzinfo=UTC),
        "starts_at": datetime(2026, 11, 25, 10, tzinfo=UTC), "ends_at": datetime(2026, 11, 25, 10, 30, tzinfo=UTC),
        "status": "CONFIRMED", "summary": "Lesson: AB", "location": "Room",
    }  # fmt: skip
    return Entry(**{**usual, **more})  # type: ignore[arg-type]


@given(AWKWARD, AWKWARD, AWKWARD, MOMENTS, st.integers(1, 720))
def test_whatever_a_room_is_called_and_whenever_it_is_booked_comes_back_the_same(
    name: str, summary: str, location: str, starts_at: datetime, minutes: int
) -> None:
    ends_at = starts_at + timedelta(minutes=minutes)
    made = entry(summary=summary, location=location, starts_at=starts_at, ends_at=ends_at)
    text = written(name, [made])
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    calendar = Calendar.from_ical(text)
    assert str(calendar["NAME"]) == str(calendar["X-WR-CALNAME"]) == name
    (event,) = calendar.walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (summary, location)
    assert (instant(event, "DTSTART"), instant(event, "DTEND")) == (starts_at, ends_at)


def instant(event: object, name: str) -> datetime:
    found: datetime = event[name].dt  # type: ignore[index]
    return found.astimezone(UTC)


def test_a_second_library_reads_every_hour_of_both_clock_changes() -> None:
    moments = [change + timedelta(minutes=30 * step) for change in CHANGES for step in range(-8, 9)]
    made = [entry(starts_at=one, ends_at=one + timedelta(minutes=30)) for one in moments]
    read = vobject.readOne(written("Both changes", made).decode())
    found = {UUID(one.uid.value): one for one in read.vevent_list}
    for one in made:
        event = found[one.id]
        assert event.summary.value == "Lesson: AB"
        assert event.dtstart.value.astimezone(UTC) == one.starts_at
        assert event.dtend.value.astimezone(UTC) == one.ends_at


def test_the_zone_of_the_file_is_that_of_the_zones_own_data_until_2037() -> None:
    (zone,) = Calendar.from_ical(written("x", [])).walk("VTIMEZONE")
    assert zone["TZID"] == "Europe/London"
    rules = zone.to_tz(lookup_tzid=False)
    day = datetime(2024, 1, 1)  # noqa: DTZ001
    while day.year < 2038:
        for hour in (0, 4, 12):
            local = day.replace(hour=hour)
            assert local.replace(tzinfo=rules).utcoffset() == local.replace(tzinfo=clock.LONDON).utcoffset(), local
        day += timedelta(days=1)


def test_a_program_is_told_to_come_every_hour_and_what_it_holds() -> None:
    calendar = Calendar.from_ical(written("Bubble", [entry()]))
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert str(calendar["X-PUBLISHED-TTL"]) == "PT1H"
    (event,) = calendar.walk("VEVENT")
    assert (event["SEQUENCE"], event["CLASS"]) == (2, "PRIVATE")
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_every_purpose_has_words() -> None:
    assert set(WORDS) == set(Purpose.__args__)  # type: ignore[attr-defined]


def test_initials_are_one_letter_of_each_name_in_any_script() -> None:
    for names, letters in {
        ("Amira", "Okafor"): "AO", ("élodie", "ßen"): "Éß", ("'Aisha", "-- noor"): "AN",
        ("أميرة", "حسن"): "أح", ("小明", "王"): "小王", ("🦊", "Lee"): "L", ("🦊", "–"): "?", ("e\u0301va", "Ó"): "ÉÓ",
    }.items():  # fmt: skip
        assert initials(*names) == letters
