"""Reviews: closed each half-term, with everybody's words and rated targets; the next ones due, some of them late."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from iap_api.demo import voices
from iap_api.demo.bubble import Stay
from iap_api.demo.terms import half_terms_between, school_days
from iap_api.demo.trust import DemoTrust, at
from iap_api.reviews.tables import Addendum, Contribution, Review, Target

# By the order of the stays: whose next review is late, was held but is not closed yet, or has its hour already.
LATE, LATE_SCHEDULED, HELD = (0, 5), (8,), (2,)
SCHEDULED = (1, 4, 6, 10, 11)
PARTNERS_CHILD = 11
THERAPY = range(2, 7)
AGAIN = timedelta(days=42)


@dataclass(frozen=True)
class _Meeting:
    """One review to be written down: of whom, the how-manieth, when, and how it ended."""

    stay: Stay
    number: int
    turn: int
    day: date
    next_on: date | None
    decision: str
    rated_on: date | None

    @property
    def pick(self) -> int:
        """A number that makes the words of one review differ from those of the next."""
        return self.number * 3 + self.turn


def meet(trust: DemoTrust, stays: list[Stay]) -> None:
    """Add the closed reviews of the year, then what is still open for those who have a place now."""
    for number, stay in enumerate(stays):
        days = _days_of(trust, number, stay)
        coming = None if stay.last else _due(trust, number)
        following = [*days[1:], coming]
        for turn, (day, then) in enumerate(zip(days, following, strict=True)):
            decision = "exit" if then is None else "step_up_reintegration" if stay.steps_up and turn % 2 else "continue"
            rated = then if then and then < trust.today and turn + 1 < len(days) else day if then is None else None
            _closed(trust, _Meeting(stay, number, turn, day, then, decision, rated))
        if coming:
            _open(trust, stay, number, coming, turn=len(days))


def _days_of(trust: DemoTrust, number: int, stay: Stay) -> list[date]:
    """The days of a child's closed reviews: in the last weeks of each half-term but the newest, and before leaving."""
    # whose next one is late has not been seen for longer
    quiet = trust.today - timedelta(days=35 if number in (*LATE, *LATE_SCHEDULED, *HELD) else 21)
    found = []
    for half in half_terms_between(trust.began, trust.today):
        days = school_days(half.first, half.last)
        if len(days) > 14 and stay.there(days[-8]) and stay.there(days[-14]):
            found.append(days[-8 + number % 5])
    return [day for day in found if day <= (stay.last or quiet)]


def _due(trust: DemoTrust, number: int) -> date:
    before = school_days(trust.began, trust.today - timedelta(days=1))
    after = school_days(trust.today + timedelta(days=1), trust.today + timedelta(days=90))
    if number in (*LATE, *LATE_SCHEDULED):
        return before[-5 - number % 3]
    return before[-3] if number in HELD else after[4 + 2 * number]


def _closed(trust: DemoTrust, meeting: _Meeting) -> None:
    review = _held(trust, meeting.stay, meeting.number, meeting.turn, meeting.day, due_on=meeting.day)
    _targets(trust, review, meeting)
    closed_at = at(_after(meeting.day, 2), 16)
    trust.change(
        review, closed_at, status="closed", decision=meeting.decision, closed_at=closed_at,
        decision_note=voices.DECISIONS[meeting.decision], next_due_on=meeting.next_on,
        closed_by=trust.accounts["senco"],
    )  # fmt: skip
    if meeting.pick % 9 == 4:
        words = voices.ADDENDA[meeting.pick % len(voices.ADDENDA)]
        trust.add(
            Addendum(
                school_id=trust.home, review_id=review.id, pupil_id=review.pupil_id, words=words,
                written_by=trust.accounts["senco"],
            ),
            at(_after(meeting.day, 7), 9, 40),
        )  # fmt: skip


def _open(trust: DemoTrust, stay: Stay, number: int, due_on: date, turn: int) -> None:
    if number in HELD:
        _held(trust, stay, number, turn, due_on, due_on)
        return
    scheduled = number in (*SCHEDULED, *LATE_SCHEDULED)
    trust.add(
        Review(
            school_id=trust.home, pupil_id=stay.pupil.id, kind=_kind(stay, turn), due_on=due_on,
            status="scheduled" if scheduled else "due", place="Meeting room" if scheduled else None,
            scheduled_at=_hour(due_on, number) if scheduled else None, chair_staff_id=trust.staff["base_lead"],
        ),
        at(min(due_on, trust.today) - timedelta(days=20), 12),
    )  # fmt: skip


def _held(trust: DemoTrust, stay: Stay, number: int, turn: int, day: date, due_on: date) -> Review:
    held_at, pick = _hour(day, number), number * 3 + turn
    parent = pick % 5 != 3
    review = trust.add(
        Review(
            school_id=trust.home, pupil_id=stay.pupil.id, kind=_kind(stay, turn), status="held", due_on=due_on,
            scheduled_at=held_at, place="Meeting room", chair_staff_id=trust.staff["base_lead"], held_at=held_at,
            attendees=_attendees(trust, stay, number, parent), parent_present=parent,
        ),
        at(day - timedelta(days=20), 12),
    )  # fmt: skip
    _contributions(trust, review, number, pick, day, stay.key_adult)
    return review


def _kind(stay: Stay, turn: int) -> str:
    if stay.pupil.sen_provision == "E" and turn == 3:
        return "ehcp_annual"
    return "termly" if turn % 2 else "six_weekly"


def _hour(day: date, number: int) -> datetime:
    return at(day, 14 + number % 2, 30 * (number % 3 == 0))


def _after(day: date, days: int) -> date:
    then = day + timedelta(days=days)
    return then + timedelta(days=max(0, 7 - then.weekday())) if then.weekday() > 4 else then


def _attendees(trust: DemoTrust, stay: Stay, number: int, parent: bool) -> list[dict[str, Any]]:
    staff = ["base_lead", stay.key_adult, "senco", *(["class_teacher"] if stay.steps_up else [])]
    staff += ["therapist"] if number in THERAPY else []
    there = [
        {
            "role": "teaching_assistant" if name == "second_assistant" else name,
            "name": None,
            "staff_id": str(trust.staff[name]),
        }
        for name in staff
    ]
    there += [{"role": "pupil", "name": None, "staff_id": None}] if number % 4 else []
    there += [{"role": "parent_carer", "name": None, "staff_id": None}] if parent else []
    there += [{"role": "referrer", "name": None, "staff_id": None}] if number == PARTNERS_CHILD else []
    return there


def _contributions(trust: DemoTrust, review: Review, number: int, pick: int, day: date, key_adult: str) -> None:
    medium, words = voices.PUPIL[pick % len(voices.PUPIL)]
    said: list[tuple[str, str, str | None, str]] = [
        ("pupil_voice", medium, words, key_adult),
        ("parent_voice", "spoken", voices.PARENT[pick % len(voices.PARENT)], "base_lead"),
        ("teaching_assistant", "written", voices.ASSISTANT[pick % len(voices.ASSISTANT)], key_adult),
    ]
    if number < 3:
        said.append(("class_teacher", "written", voices.TEACHER[pick % len(voices.TEACHER)], "class_teacher"))
    if number in THERAPY and pick % 2:
        said.append(("therapist", "written", voices.THERAPIST[pick % len(voices.THERAPIST)], "therapist"))
    if number == PARTNERS_CHILD:
        said.append(("referrer", "written", voices.REFERRER[pick % len(voices.REFERRER)], "referrer"))
    if pick % 4 == 0:
        said.append(("senco", "written", voices.SENCO[pick % len(voices.SENCO)], "senco"))
    for place, (by, how, what, writer) in enumerate(said):
        given_on = day - timedelta(days=day.weekday() % 4 + 1 if by == "pupil_voice" and day.weekday() else 0)
        trust.add(
            Contribution(
                school_id=trust.home, review_id=review.id, pupil_id=review.pupil_id, by=by, medium=how, words=what,
                given_on=given_on, written_by=trust.accounts[writer],
            ),
            at(given_on, 13, 10 + place),
        )  # fmt: skip


def _targets(trust: DemoTrust, review: Review, meeting: _Meeting) -> None:
    if meeting.next_on is None:
        return
    for turn in range(2):
        text, strand, area, baseline, measure = voices.TARGETS[(meeting.pick + turn * 3) % len(voices.TARGETS)]
        level = (meeting.pick * 2 + turn) % 5 - 1 if meeting.rated_on else None
        if level == 3:
            level = -2 if meeting.pick % 4 == 0 else 0
        trust.add(
            Target(
                school_id=trust.home, review_id=review.id, pupil_id=review.pupil_id, text=text, strand=strand,
                area=area, baseline=baseline, measure=measure, due_on=meeting.next_on, weight=2 - turn, level=level,
                level_note=None if level is None else voices.RATED[level], level_set_on=meeting.rated_on,
            ),
            at(meeting.day, 16, turn),
        )  # fmt: skip
