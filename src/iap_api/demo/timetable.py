"""The demo trust's timetable: a week of lessons, circuits and regulation, for a year and two weeks ahead."""

from datetime import date, datetime, timedelta
from uuid import UUID

from iap_api.demo.bubble import Stay
from iap_api.demo.terms import school_days
from iap_api.demo.trust import DemoTrust, at
from iap_api.spaces.tables import Booking

AHEAD = timedelta(days=14)
STEM_DAYS, ECONOMICS_DAYS = (1, 3), (1, 3)
THERAPY_DAY, DOME_DAY = 2, 4
# by space, then by weekday in turn
SUBJECTS = {
    "Classroom": ("english", "mathematics"),
    "STEM room": ("science", "design_and_technology"),
    "Economics room": ("citizenship", "mathematics"),
    "Re-integration classroom": ("mathematics", "english", "history"),
}


def fill(trust: DemoTrust, stays: list[Stay], peers: list[UUID]) -> None:
    """Add the bookings: the triggers of the database derive who is present where, and would refuse a clash."""
    for number, day in enumerate(school_days(trust.began, trust.today + AHEAD)):
        here = [stay.pupil.id for stay in stays if stay.there(day)]
        going_back = [stay.pupil.id for stay in stays if stay.there(day) and stay.steps_up]
        outer = _morning(trust, day, here)
        _regulation(trust, day, number, here, outer)
        _afternoon(trust, day, here, going_back, peers)


def _morning(trust: DemoTrust, day: date, here: list[UUID]) -> UUID:
    lead, first, second = (trust.staff[one] for one in ("base_lead", "teaching_assistant", "second_assistant"))
    turn = day.toordinal() % len(here)
    two = [here[turn], here[turn - 1]]
    _book(trust, "Sensory circuit", at(day, 9), at(day, 9, 20), "sensory_circuit", two, [second])
    in_stem = here[10:] if day.weekday() in STEM_DAYS else []
    if in_stem:
        _book(trust, "STEM room", at(day, 9, 30), at(day, 11), "lesson", in_stem, [first])
    return _book(trust, "Classroom", at(day, 9, 30), at(day, 12), "lesson", here[:10], [lead])


def _regulation(trust: DemoTrust, day: date, number: int, here: list[UUID], outer: UUID) -> None:
    child = here[number * 3 % min(10, len(here))]
    # now and then a child says in the morning that it is not needed today
    called_off = at(day, 9, 15) if number % 29 == 7 and day < trust.today else None
    _book(
        trust, "Sensory room", at(day, 10, 20), at(day, 10, 40), "regulation", [child],
        [trust.staff["second_assistant"]], outer, called_off,
    )  # fmt: skip
    if day.weekday() == THERAPY_DAY and len(here) > 5:
        child = here[2 + number // 5 % 4]
        therapist = [trust.staff["therapist"]]
        _book(trust, "Sensory room", at(day, 11), at(day, 11, 40), "therapy", [child], therapist, outer)


def _afternoon(trust: DemoTrust, day: date, here: list[UUID], going_back: list[UUID], peers: list[UUID]) -> None:
    lead, first, second = (trust.staff[one] for one in ("base_lead", "teaching_assistant", "second_assistant"))
    start, end = at(day, 13, 15), at(day, 14, 45)
    if day.weekday() in ECONOMICS_DAYS:
        _book(trust, "Economics room", start, end, "lesson", here[4:10], [lead, second])
    else:
        _book(trust, "Re-integration classroom", start, end, "reintegration_lesson", going_back, [first])
    if day.weekday() == DOME_DAY:
        both = [one for one in here[4:8] if one not in going_back] + peers[:4]
        _book(trust, "Solar dome", start, at(day, 14), "other", both, [trust.staff["class_teacher"]])


def _book(
    trust: DemoTrust, space: str, starts_at: datetime, ends_at: datetime, purpose: str, pupils: list[UUID],
    staff: list[UUID], outer: UUID | None = None, called_off: datetime | None = None,
) -> UUID:  # fmt: skip
    by = trust.accounts["base_lead"]
    taught = SUBJECTS.get(space)
    row = Booking(
        school_id=trust.home, space_id=trust.spaces[space], starts_at=starts_at, ends_at=ends_at, purpose=purpose,
        subject=taught[starts_at.weekday() // 2 % len(taught)] if taught else None,
        pupil_ids=pupils, staff_ids=staff, takes_from=[outer] if outer else [], booked_by=by,
        status="cancelled" if called_off else "booked", cancelled_at=called_off,
        cancelled_by=by if called_off else None,
    )  # fmt: skip
    # the week is planned on the Thursday two weeks before; a stay that is inside another one comes after it
    monday = starts_at.date() - timedelta(days=starts_at.weekday())
    return trust.add(row, at(monday - timedelta(days=18), 15, 30)).id
