"""What a group's profiles say together: worked out by hand on four children, and what holds for any."""

from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from iap_api.profiles.definition import Instrument, read_instrument
from iap_api.profiles.group_figures import Member, figures_of
from tests.profiles.small_instrument import small

_serial = count(1)


def instrument(**changes: Any) -> Instrument:
    return read_instrument(small(**changes))


SMALL = instrument()


def member(a: int | None, b: int | None, q: int | None) -> Member:
    return Member(UUID(int=next(_serial)), 7, {"A": a, "B": b, "Q": q})


def test_four_children_worked_out_by_hand() -> None:
    # norms of 2024: A 2 to 4, Q 0 to 1 where less is better, none for B
    group = [member(0, 2, 0), member(1, 1, 2), member(4, 0, 1), member(2, 2, 2)]
    found, plan_for = figures_of(SMALL, SMALL.norms[-1], group)
    assert [(one.key, one.below, one.within, one.above, one.median) for one in found] == [
        ("A", 2, 2, 0, 1.5),
        ("B", 0, 0, 0, 1.5),
        ("Q", 0, 2, 2, 1.5),
    ]
    assert found[0].in_need_pupil_ids == [group[0].pupil_id, group[1].pupil_id]
    assert found[2].in_need_pupil_ids == [group[1].pupil_id, group[3].pupil_id]
    # two in need each; Q is 2 of 2 points away (1.0), A 3 of 4 (0.75): Q comes first
    assert [(one.key, one.in_need, one.points_away) for one in plan_for] == [("Q", 2, 2), ("A", 2, 3)]


def test_most_in_need_comes_first_and_what_is_equal_stays_in_reading_order() -> None:
    first = [member(0, 0, 2), member(1, 0, 0)]
    assert [one.key for one in figures_of(SMALL, SMALL.norms[-1], first)[1]] == ["A", "Q"]
    bands = {"A": {"from": 2, "to": 4}, "B": {"from": 1, "to": 2}, "Q": {"from": 0, "to": 1}}
    norm = {"version": "3", "source": "The school", "note": "Its own.", "bands": bands}
    all_judged = instrument(norms=[norm])
    # half of 4, half of 2 and half of 2
    _, equal = figures_of(all_judged, all_judged.norms[0], [member(0, 0, 2)])
    assert [one.key for one in equal] == ["A", "B", "Q"]


def test_above_is_no_need_where_more_is_better() -> None:
    norm = {"version": "3", "source": "The school", "note": "Its own.", "bands": {"A": {"from": 1, "to": 2}}}
    measured = instrument(norms=[norm])
    found, plan_for = figures_of(measured, measured.norms[0], [member(4, 1, 0)])
    assert (found[0].above, found[0].in_need_pupil_ids, plan_for) == (1, [], [])


def test_without_norms_nobody_is_in_need_and_the_middle_still_stands() -> None:
    plain = instrument(norms=[])
    found, plan_for = figures_of(plain, None, [member(0, 0, 2), member(4, 2, 0), member(3, 2, 0)])
    assert [(one.below, one.within, one.above, one.median) for one in found] == [
        (0, 0, 0, 3),
        (0, 0, 0, 2),
        (0, 0, 0, 0),
    ]
    assert plan_for == []
    assert [one.median for one in figures_of(plain, None, [])[0]] == [None, None, None]


GROUPS = st.lists(st.builds(member, st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)), max_size=30)


@given(GROUPS)
def test_everybody_whom_the_norms_judge_is_counted_once(group: list[Member]) -> None:
    found, plan_for = figures_of(SMALL, SMALL.norms[-1], group)
    for one in found:
        judged = 0 if one.key == "B" else len(group)
        assert one.below + one.within + one.above == judged
        assert len(set(one.in_need_pupil_ids)) == (one.below if one.direction == "higher_is_better" else one.above)
    needed = {one.key: len(one.in_need_pupil_ids) for one in found}
    assert [one.in_need for one in plan_for] == sorted((n for n in needed.values() if n), reverse=True)[:3]
    assert all(needed[one.key] == one.in_need and one.points_away >= one.in_need for one in plan_for)


@given(GROUPS, st.randoms())
def test_the_order_of_the_children_changes_nothing_but_their_order(group: list[Member], random: Any) -> None:
    mixed = random.sample(group, len(group))
    one, other = (figures_of(SMALL, SMALL.norms[-1], members) for members in (group, mixed))
    assert one[1] == other[1]
    for here, there in zip(one[0], other[0], strict=True):
        assert set(here.in_need_pupil_ids) == set(there.in_need_pupil_ids)
        assert (here.below, here.within, here.above, here.median) == (
            there.below, there.within, there.above, there.median,
        )  # fmt: skip
