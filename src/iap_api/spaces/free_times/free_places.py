"""When some people can be in one space, by every rule a booking is held against, and which rule leaves no time."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from iap_api.core import clock
from iap_api.spaces.free_times.availability_facts import Room
from iap_api.spaces.free_times.free_starts import Span, Starts, crowded, number, too_few_adults, within, without

Days = Sequence[tuple[date, Span]]


@dataclass(frozen=True, slots=True)
class Party:
    """Who is to come, for how long, what the space must have, and the roles of whoever books."""

    pupil_ids: Sequence[UUID]
    staff_ids: Sequence[UUID]
    length: int
    features: Collection[str]
    roles: Collection[str]
    whole: bool = False


def free_in(
    room: Room, people: Party, days: Days, busy: Mapping[UUID, list[Span]]
) -> tuple[Starts, str | None, list[UUID]]:
    """Return the minutes at which a booking may begin, or the reason why there are none, and who is elsewhere then.

    `days` are the school days alone, where the school has a calendar.
    """
    reason = _never(room, people)
    if reason is not None:
        return [], reason, []
    if not days:
        return [], "not-a-school-day", []
    starts, reason = _on_days(room, people, days)
    if not starts:
        return [], reason, []
    for why, taken in _rules(room, people, (starts[0][0], starts[-1][1] + people.length), busy):
        before, starts = starts, without(starts, taken, people.length)
        if not starts:
            elsewhere = [who for who, spans in busy.items() if without(before, spans, people.length) != before]
            return [], why, elsewhere if why == "busy" else []
    return starts, None, []


def _never(room: Room, people: Party) -> str | None:
    """Return why the space is out at any time, if it is: what does not hang on the hour."""
    terms = room.terms
    if not room.of_their_school:
        return "other-school"
    if terms.walk_in_only and people.pupil_ids:
        return "walk-in-only"
    if terms.bookable_by and not set(terms.bookable_by) & set(people.roles):
        return "not-your-space-to-book"
    if not set(people.features) <= set(room.features):
        return "missing-feature"
    return "too-few-places" if len(people.pupil_ids) > room.places else None


def _on_days(room: Room, people: Party, days: Days) -> tuple[Starts, str]:
    """Return the minutes of those days that the space allows by its terms, and what took the last of them away."""
    starts: Starts = []
    latest = None if room.terms.days_ahead is None else clock.today() + timedelta(days=room.terms.days_ahead)
    near = [one for one in days if latest is None or one[0] <= latest]
    # a space ends with the beginning of its last day in UTC, as the rule of the database has it
    ended = number(datetime.combine(room.ended_on, time(), UTC)) if room.ended_on else None
    there = [(day, (begins, ends if ended is None else min(ends, ended))) for day, (begins, ends) in near]
    for day, window in there:
        starts += within(window, room.terms.opening, day, people.length)
    if starts or not near:
        return starts, "too-far-ahead"
    lasting = any(within(window, [], day, people.length) for day, window in there)
    return [], "opening" if lasting or ended is None else "space-ended"


def _rules(
    room: Room, people: Party, during: Span, busy: Mapping[UUID, list[Span]]
) -> Iterator[tuple[str, Iterable[Span]]]:
    """Yield each rule with the times it takes away: the same that the triggers on bookings hold (migrations/rules)."""
    yield "space-closed", room.closed
    yield "busy", sorted(span for spans in busy.values() for span in spans)
    # whoever takes the space whole meets everything that is booked there; all others meet what takes it whole
    gap = room.before + room.after
    alone = [(begins - gap, ends + gap) for begins, ends, whole in room.booked if whole or people.whole]
    if people.whole:
        visits = [span for pupil_id, span in room.visits if pupil_id not in people.pupil_ids]
        alone += [(begins - room.after, ends + room.before) for begins, ends in visits]
    yield "space-taken-whole", sorted(alone)
    pupils = len(people.pupil_ids)
    if not pupils:
        return
    held = [
        (one.starts_at - room.before * one.begins, one.ends_at + room.after * one.ends)
        for one in room.stays
        if one.is_pupil
    ]
    # one of them who has walked in there needs no second place, unless only the time kept free meets the visit
    theirs = () if room.before or room.after else people.pupil_ids
    held += [span for pupil_id, span in room.visits if pupil_id not in theirs]
    full = crowded(held, room.places - pupils)
    # what is kept free around the new booking must not meet what is kept free around the others
    yield "space-full", [(begins - room.after, ends + room.before) for begins, ends in full]
    if room.pupils_per_adult is not None:
        adults = len(people.staff_ids)
        yield "adults-missing", too_few_adults(room.stays, pupils, adults, room.pupils_per_adult, during)
