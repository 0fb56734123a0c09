"""A year of plausible history: what the base did with its children, and what a visitor finds on a November day."""

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import iap_api.profiles
from iap_api.demo.sessions import SAID
from iap_api.profiles.tables import Profile, ProfileAnswer
from iap_api.pupils.note_seals import bound_to
from iap_api.pupils.tables import Placement, TherapyNote, ZoneCheckIn
from iap_api.reviews.tables import Addendum, Contribution, Review, Target
from iap_api.spaces.tables import Booking, Presence, Space
from iap_api.toolbox.tables import Resource, Toolbox, ToolboxItem, Use
from tests.demo.conftest import DAY, Seeded

MORNING = datetime(2026, 11, 24, tzinfo=UTC)
INSTRUMENT = Path(iap_api.profiles.__file__).parent / "instruments" / "bubble-semh-1.json"
NO_SCHOOL = [
    (date(2025, 12, 25), date(2026, 1, 1)), (date(2026, 2, 16), date(2026, 2, 20)),
    (date(2026, 4, 3), date(2026, 4, 6)), (date(2026, 5, 4), date(2026, 5, 4)), (date(2026, 5, 25), date(2026, 5, 29)),
    (date(2026, 7, 25), date(2026, 9, 1)),
    (date(2026, 10, 26), date(2026, 10, 30)),
]  # fmt: skip
HALF_TERMS = {
    "before Christmas": (date(2025, 11, 24), date(2025, 12, 19)),
    "before February": (date(2026, 1, 5), date(2026, 2, 13)),
    "before Easter": (date(2026, 2, 23), date(2026, 3, 27)),
    "before Whitsun": (date(2026, 4, 13), date(2026, 5, 22)),
    "before the summer": (date(2026, 6, 1), date(2026, 7, 24)),
    "before October": (date(2026, 9, 2), date(2026, 10, 23)),
}


def on_school_days(days: set[date]) -> bool:
    """Whether all the days are Monday to Friday and in no school holiday."""
    return all(day.weekday() < 5 and not any(first <= day <= last for first, last in NO_SCHOOL) for day in days)


async def here_now(demo: Seeded) -> set[Any]:
    """The twelve who have a place today."""
    return {stay.pupil_id for stay in await demo.rows(Placement) if stay.until_on is None}


async def test_nobody_was_ever_in_two_places_at_once(demo: Seeded) -> None:
    diaries: dict[Any, list[Any]] = defaultdict(list)
    for one in await demo.rows(Presence):
        diaries[one.pupil_id or one.staff_id].append(one)
    assert len(diaries) > 14
    for diary in diaries.values():
        diary.sort(key=lambda one: one.starts_at)
        for earlier, later in pairwise(diary):
            assert earlier.ends_at <= later.starts_at


async def test_no_space_ever_held_more_children_than_its_places(demo: Seeded) -> None:
    places = {space.id: space.places for space in await demo.rows(Space)}
    steps: dict[Any, list[tuple[datetime, int]]] = defaultdict(list)
    for one in await demo.rows(Presence, Presence.pupil_id.is_not(None)):  # type: ignore[union-attr]
        steps[one.space_id] += [(one.starts_at, 1), (one.ends_at, -1)]
    for space_id, moves in steps.items():
        there = 0
        for _, step in sorted(moves):
            there += step
            assert there <= places[space_id]


async def test_the_timetable_runs_for_a_year_and_two_weeks_ahead(demo: Seeded) -> None:
    bookings = await demo.rows(Booking)
    days = {booking.starts_at.date() for booking in bookings}
    assert min(days) == date(2025, 11, 24)
    assert max(days) == date(2026, 12, 8)
    assert on_school_days(days)
    week = [booking for booking in bookings if date(2026, 11, 23) <= booking.starts_at.date() <= date(2026, 11, 27)]
    assert Counter(booking.purpose for booking in week) == {
        "lesson": 9, "sensory_circuit": 5, "regulation": 5, "reintegration_lesson": 3, "therapy": 1, "other": 1,
    }  # fmt: skip
    assert {booking.status for booking in bookings} == {"booked", "cancelled"}


async def test_a_child_in_the_sensory_room_is_out_of_the_morning_lesson(demo: Seeded) -> None:
    inner = next(
        booking for booking in await demo.rows(Booking, Booking.purpose == "regulation", Booking.status == "booked")
        if booking.starts_at.date() == DAY
    )  # fmt: skip
    outer = await demo.rows(
        Presence, Presence.booking_id == inner.takes_from[0], Presence.pupil_id == inner.pupil_ids[0]
    )
    assert sorted((one.starts_at.strftime("%H:%M"), one.ends_at.strftime("%H:%M")) for one in outer) == [
        ("09:30", "10:20"),
        ("10:40", "12:00"),
    ]


async def test_children_checked_in_on_school_days_and_today_is_left_to_the_visitor(demo: Seeded) -> None:
    check_ins = await demo.rows(ZoneCheckIn)
    assert on_school_days({one.at.date() for one in check_ins})
    assert max(one.at for one in check_ins) < MORNING
    assert {one.at.month for one in check_ins} == {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12}
    assert await here_now(demo) <= {one.pupil_id for one in check_ins}
    for one in check_ins:
        assert 1 <= len(one.zones) == len(set(one.zones))
        assert set(one.zones) <= {"blue", "green", "yellow", "red"}


async def scored_by_hand(demo: Seeded) -> dict[Any, dict[str, int]]:
    """Each profile's totals by strand, added up from its answers and the instrument's own file."""
    strand_of = {item["key"]: item["strand"] for item in json.loads(INSTRUMENT.read_bytes())["items"]}
    totals: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for answer in await demo.rows(ProfileAnswer):
        totals[answer.profile_id][strand_of[answer.item]] += answer.value
    return totals


async def test_the_scores_of_every_profile_are_those_of_its_answers(demo: Seeded) -> None:
    totals = await scored_by_hand(demo)
    signed = [profile for profile in await demo.rows(Profile) if profile.status != "draft"]
    assert len(signed) == 46
    for profile in signed:
        kept = json.loads(profile.scores)
        assert kept["complete"] is True
        assert {strand["key"]: strand["total"] for strand in kept["strands"]} == totals[profile.id]
        developmental = sum(total for strand, total in totals[profile.id].items() if strand in "ABCDEFGHIJ")
        assert [section["total"] for section in kept["sections"]] == [
            developmental,
            sum(totals[profile.id].values()) - developmental,
        ]
        assert profile.observed_on <= profile.completed_at.date() < DAY


async def test_most_children_get_on_from_term_to_term_and_two_have_a_harder_year(demo: Seeded) -> None:
    totals = await scored_by_hand(demo)
    courses: dict[Any, list[tuple[date, int, int]]] = defaultdict(list)
    for profile in await demo.rows(Profile, Profile.status == "completed"):
        by_strand = totals[profile.id]
        developmental = sum(total for strand, total in by_strand.items() if strand in "ABCDEFGHIJ")
        courses[profile.pupil_id].append((profile.observed_on, developmental, sum(by_strand.values()) - developmental))
    several = {pupil: sorted(course) for pupil, course in courses.items() if len(course) > 1}
    assert len(several) >= 12
    steady = [
        pupil for pupil, course in several.items() if all(b[1] > a[1] and b[2] < a[2] for a, b in pairwise(course))
    ]
    assert len(several) - len(steady) == 2


async def test_long_stayers_have_a_profile_in_each_of_four_terms(demo: Seeded) -> None:
    seen = Counter(profile.pupil_id for profile in await demo.rows(Profile, Profile.status == "completed"))
    long = {
        stay.pupil_id
        for stay in await demo.rows(Placement)
        if stay.until_on is None and stay.from_on < date(2025, 11, 1)
    }
    assert len(long) == 8
    assert {seen[pupil] for pupil in long} == {4}


async def test_two_profiles_are_half_done_and_one_was_corrected(demo: Seeded) -> None:
    answered = Counter(answer.profile_id for answer in await demo.rows(ProfileAnswer))
    drafts = await demo.rows(Profile, Profile.status == "draft")
    assert sorted(answered[draft.id] for draft in drafts) == [12, 45]
    assert all(draft.observed_on >= DAY - timedelta(days=14) for draft in drafts)
    [replaced] = await demo.rows(Profile, Profile.status == "superseded")
    [correction] = await demo.rows(Profile, Profile.supersedes_id == replaced.id)
    assert correction.status == "completed"
    assert correction.correction_reason


async def test_every_child_has_a_toolbox_in_a_locker_of_its_own(demo: Seeded) -> None:
    open_now = [box for box in await demo.rows(Toolbox) if box.ended_on is None]
    assert {box.pupil_id for box in open_now} == await here_now(demo)
    assert len({box.locker for box in open_now}) == 12
    out = Counter(item.toolbox_id for item in await demo.rows(ToolboxItem) if item.returned_at is None)
    assert all(out[box.id] >= 2 for box in open_now)


async def test_stock_counts_what_is_in_the_toolboxes_and_ear_defenders_are_left(demo: Seeded) -> None:
    out = Counter(item.resource_id for item in await demo.rows(ToolboxItem) if item.returned_at is None)
    resources = {resource.name: resource for resource in await demo.rows(Resource)}
    assert {resource.id: resource.issued for resource in resources.values() if resource.issued} == dict(out)
    assert resources["Ear defenders"].stock - resources["Ear defenders"].issued >= 2
    assert any(item.returned_at for item in await demo.rows(ToolboxItem))


async def test_things_were_used_while_they_were_in_the_toolbox(demo: Seeded) -> None:
    items = {item.id: item for item in await demo.rows(ToolboxItem)}
    uses = await demo.rows(Use)
    assert on_school_days({use.started_at.date() for use in uses})
    assert max(use.ended_at for use in uses) < MORNING
    assert {use.helped for use in uses} == {"yes", "partly", "no", None}
    assert all(use.zones_before and use.zones_after for use in uses)
    for use in uses:
        if use.toolbox_item_id:
            item = items[use.toolbox_item_id]
            assert (item.pupil_id, item.resource_id) == (use.pupil_id, use.resource_id)
            assert item.issued_at <= use.started_at
            assert item.returned_at is None or use.ended_at <= item.returned_at


async def test_reviews_were_held_and_closed_each_half_term(demo: Seeded) -> None:
    closed = [review for review in await demo.rows(Review) if review.status == "closed"]
    held = [review.held_at.date() for review in closed]
    for name, (first, last) in HALF_TERMS.items():
        assert sum(first <= day <= last for day in held) >= 8, name
    assert sum(first <= day <= last for day in held for first, last in HALF_TERMS.values()) == len(held)
    for review in closed:
        assert review.held_at < review.closed_at < MORNING
        assert review.decision == "exit" or review.next_due_on > review.held_at.date()
    assert Counter(review.decision for review in closed)["exit"] == 2


async def test_children_and_parents_were_heard_in_every_review(demo: Seeded) -> None:
    heard: dict[Any, set[str]] = defaultdict(set)
    contributions = await demo.rows(Contribution)
    for one in contributions:
        heard[one.review_id].add(one.by)
    for review in await demo.rows(Review):
        if review.status in ("held", "closed"):
            assert {"pupil_voice", "parent_voice"} <= heard[review.id]
    declined = [one for one in contributions if one.medium == "declined"]
    assert declined
    assert {one.words for one in declined} == {None}
    assert {"teaching_assistant", "class_teacher", "therapist", "senco", "referrer"} <= {
        one.by for one in contributions
    }


async def test_targets_were_rated_and_the_newest_still_wait(demo: Seeded) -> None:
    targets = await demo.rows(Target)
    levels = {target.level for target in targets}
    assert {-1, 0, 1, None} <= levels <= {-2, -1, 0, 1, 2, None}
    strands = {strand for strand in (target.strand for target in targets) if strand}
    assert strands <= set("ABCDEFGHIJQRSTUVWXYZ")
    for target in targets:
        assert (target.level is None) == (target.level_set_on is None)
        assert target.level_set_on is None or target.level_set_on <= DAY


async def test_some_reviews_are_late_some_have_their_hour_and_one_waits_to_be_closed(demo: Seeded) -> None:
    reviews = await demo.rows(Review)
    awaited = [review for review in reviews if review.status in ("due", "scheduled")]
    assert len([review for review in awaited if review.due_on < DAY]) == 3
    assert len([review for review in reviews if review.status == "held"]) == 1
    assert len([review for review in awaited if review.scheduled_at and review.scheduled_at > MORNING]) == 5
    assert {review.pupil_id for review in reviews if review.status != "closed"} == await here_now(demo)


async def test_what_came_after_a_closed_review_stands_in_an_addendum(demo: Seeded) -> None:
    closed_at = {review.id: review.closed_at for review in await demo.rows(Review)}
    addenda = await demo.rows(Addendum)
    assert addenda
    assert all(closed_at[one.review_id] < one.created_at < MORNING for one in addenda)


async def test_the_therapist_finds_notes_of_the_last_weeks_which_open_with_the_demos_key(demo: Seeded) -> None:
    notes = await demo.rows(TherapyNote)
    assert len({one.pupil_id for one in notes}) == 5
    assert 10 <= len(notes) <= 30
    keys = demo.settings.sealing_keys()
    for one in notes:
        assert one.session_on < DAY
        bound = bound_to(one.id, one.pupil_id, one.account_id, one.corrections)
        assert keys.open(one.key_id, one.sealed, bound) in SAID
