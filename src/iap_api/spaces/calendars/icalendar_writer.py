"""Writes a calendar as RFC 5545 has it, in London's time with its rules; folded and escaped by icalendar."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from iap_api.core import clock
from iap_api.spaces.calendars.entries import Entry

TZID = "Europe/London"
# programs come when they like (reliability 8); an hour is what we would have them do
EVERY = timedelta(hours=1)


def written(name: str, entries: Iterable[Entry]) -> bytes:
    """Return the calendar; the same entries are the same bytes, whenever it is asked for."""
    made = Calendar()
    for key, value in (
        ("prodid", "-//IAP API//Bookings//EN"), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH"),
        # the newer name and what programs made before RFC 7986 read
        ("name", name), ("x-wr-calname", name), ("x-wr-timezone", TZID), ("refresh-interval", EVERY),
    ):  # fmt: skip
        made.add(key, value)
    made["refresh-interval"].params["VALUE"] = "DURATION"
    made.add("x-published-ttl", "PT1H")
    made.add_component(_london())
    for entry in entries:
        made.add_component(_event(entry))
    return bytes(made.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    for key, value in (
        ("uid", str(entry.id)), ("sequence", entry.version - 1), ("dtstamp", entry.changed_at),
        ("last-modified", entry.changed_at), ("dtstart", _in_london(entry.starts_at)),
        ("dtend", _in_london(entry.ends_at)), ("status", entry.status), ("summary", entry.summary),
        ("location", entry.location), ("class", "PRIVATE"),
    ):  # fmt: skip
        event.add(key, value)
    return event


def _in_london(moment: datetime) -> datetime:
    """Return the local time, or UTC in the hour that comes a second time: a local time means its first (3.3.5)."""
    local = moment.astimezone(clock.LONDON)
    return moment.astimezone(UTC) if local.fold else local


def _london() -> Timezone:
    """Return London's rules as they have stood since 1996; a test holds them against the zone's own data."""
    zone = Timezone()
    zone.add("tzid", TZID)
    for part, name, month, hour, before, after in (
        (TimezoneDaylight(), "BST", 3, 1, 0, 1), (TimezoneStandard(), "GMT", 10, 2, 1, 0),
    ):  # fmt: skip
        last_sunday = {3: 31, 10: 27}[month]
        part.add("dtstart", datetime(1996, month, last_sunday, hour))  # noqa: DTZ001 - local by definition (3.6.5)
        part.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        part.add("tzname", name)
        part.add("tzoffsetfrom", timedelta(hours=before))
        part.add("tzoffsetto", timedelta(hours=after))
        zone.add_component(part)
    return zone


if __name__ == "__main__":
    sys.stdout.buffer.write(written(*msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[str, list[Entry]])))
