"""The retention schedule: how long each class of records is kept, counted from the day of birth (domain 5).

Years marked `verified` stand in the facts of the field with their source; the others are this software's own choice
until a person of the trust has looked at them (domain 8, point 10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from iap_api.records.walk import About

RECORD = "pupil_record"
FILE = "sen_file"


@dataclass(frozen=True)
class RecordClass:
    """One class of records: years after birth by default, and how far a trust may go down and up."""

    name: str
    years: int
    least: int
    most: int
    source: str
    tag: Literal["verified", "own_choice"]


CLASSES: tuple[RecordClass, ...] = (
    RecordClass(RECORD, 25, 25, 75, "Blackpool schedule: pupil record, date of birth + 25 years", "verified"),
    RecordClass(FILE, 31, 25, 75, "SENCO Forum citing the IRMS toolkit: SEN/EHCP file, birth + 25 + 6", "verified"),
    RecordClass("daily_record", 31, 18, 75, "part of the SEN file until the trust decides otherwise", "own_choice"),
    RecordClass("bookings", 25, 18, 75, "part of the pupil record until the trust decides otherwise", "own_choice"),
)
BY_NAME: Mapping[str, RecordClass] = {one.name: one for one in CLASSES}

# What is not named here belongs to the class of the table it hangs on, or to the one that is kept longest.
CLASS_OF: Mapping[str, str] = {
    "pupils": RECORD,
    "registrations": RECORD,
    "registration_requests": RECORD,
    "contacts": RECORD,
    "caseloads": RECORD,
    "legal_holds": RECORD,
    "rectifications": RECORD,
    "subject_requests": RECORD,
    "subject_request_pauses": RECORD,
    "subject_packages": RECORD,
    "redactions": RECORD,
    "passports": RECORD,
    "zone_check_ins": "daily_record",
    "toolboxes": "daily_record",
    "toolbox_items": "daily_record",
    "uses": "daily_record",
    # a restrictive intervention leans on its visit, so neither goes before the other
    "visits": FILE,
    "restrictive_interventions": FILE,
    "bookings": "bookings",
    "series": "bookings",
    "series_occurrences": "bookings",
    # an observation leans on the lesson it was made in
    "observations": "bookings",
    "groups": "bookings",
    "booking_takings": "bookings",
    "presences": "bookings",
}


def class_of(about: About) -> str:
    """Return the record class of a walked table."""
    if about.name in CLASS_OF:
        return CLASS_OF[about.name]
    return class_of(about.parents[0][1]) if about.parents else FILE


def years_of(changed: Mapping[str, int]) -> dict[str, int]:
    """Return the years of every class, where `changed` holds those a trust has set."""
    return {one.name: changed.get(one.name, one.years) for one in CLASSES}


def kept_until(born_on: date, years: int) -> date:
    """Return the birthday on which a class is no longer kept; a child of 29 February has it on 1 March."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:
        return date(born_on.year + years, 3, 1)


def due(born_on: date, day: date, held: Mapping[str, int], years: Mapping[str, int]) -> frozenset[str]:
    """Return the classes of one pupil that go on `day`; `held` counts the rows of each class.

    The pupil's own record goes last: not before every class of which there is a row.
    """
    over = {name for name, count in held.items() if count and kept_until(born_on, years[name]) <= day}
    if any(count and name not in over for name, count in held.items()):
        over.discard(RECORD)
    return frozenset(over)
