"""The demo trust's timetable: a week of lessons, circuits and regulation, from September to the end of next week."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from iap_api.core.clock import LONDON
from iap_api.demo.children import school_days
from iap_api.demo.trust import DemoTrust
from iap_api.spaces.tables import Booking


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


def fill(trust: DemoTrust, pupils: list[UUID]) -> None:
    """Add the bookings: the triggers of the database derive who is present where, and would refuse a clash."""
    assistants = [trust.staff["teaching_assistant"], trust.staff["second_assistant"]]
    lead = trust.staff["base_lead"]
    in_class, in_stem = pupils[:10], pupils[10:]
    for day in school_days(trust.began, trust.today + timedelta(days=11)):
        lesson = _book(trust, "Classroom", _at(day, 9, 30), _at(day, 12), "lesson", in_class, [lead])
        _book(trust, "STEM room", _at(day, 9, 30), _at(day, 12), "lesson", in_stem, [assistants[0]])
        _book(
            trust,
            "Sensory circuit",
            _at(day, 9),
            _at(day, 9, 20),
            "sensory_circuit",
            pupils[day.weekday() : day.weekday() + 2],
            [assistants[1]],
        )
        first = pupils[(day.toordinal() * 3) % 10]
        _book(trust, "Sensory room", _at(day, 10, 20), _at(day, 10, 40), "regulation", [first], [assistants[1]], lesson)
        afternoon = "Economics room" if day.weekday() % 2 else "Re-integration classroom"
        purpose = "lesson" if day.weekday() % 2 else "reintegration_lesson"
        _book(trust, afternoon, _at(day, 13, 15), _at(day, 14, 45), purpose, pupils[2:8], [lead, assistants[0]])


def _book(
    trust: DemoTrust, space: str, starts_at: datetime, ends_at: datetime, purpose: str, pupils: list[UUID],
    staff: list[UUID], outer: UUID | None = None,
) -> UUID:  # fmt: skip
    row = Booking(
        id=trust.new_id(), school_id=trust.schools["Willow Bank Primary"], space_id=trust.spaces[space], starts_at=starts_at,
        ends_at=ends_at, purpose=purpose, pupil_ids=list(pupils), staff_ids=list(staff),
        takes_from=[outer] if outer else [], booked_by=trust.accounts["base_lead"], created_at=starts_at - timedelta(days=7),
    )  # fmt: skip
    made: UUID = trust.add(row).id
    return made
