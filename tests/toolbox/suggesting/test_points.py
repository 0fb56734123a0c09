"""The arithmetic of suggestions: the worked example of docs/suggestions.md, each border, and what always holds."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.profiles.definition import Band, shipped_instrument
from iap_api.profiles.scoring import StrandScore
from iap_api.toolbox.catalogue.entries import RESOURCES, STRATEGIES
from iap_api.toolbox.suggesting.points import Need, Reason, Record, Tagged, Zones, needs_of, ranked, reasons_for
from iap_api.toolbox.suggesting.sentences import CODES, told

LETTERS = "ABCDEFGHIJQRSTUVWXYZ"
CLUSTERS = ("making_sense", "steering_self", "holding_back", "early_needs", "guarding")
PLACES = ("ABCDE", "FGHIJ", "QR", "STU", "VWXYZ")
NOBODY = Zones(0, {})


@dataclass(frozen=True)
class Thing:
    """Something with tags."""

    strands: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


def need(strand: str, furthest: bool = False, cluster: str = "guarding") -> Need:
    return Need(strand, cluster, 4, 2, 12, furthest)


def points(thing: Tagged, needs: list[Need] | None = None, zones: Zones = NOBODY, record: Record | None = None) -> int:
    return sum(reason.points for reason in reasons_for(thing, needs or [], zones, record))


def codes(thing: Thing, zones: Zones = NOBODY, record: Record | None = None) -> list[str]:
    return [reason.code for reason in reasons_for(thing, [], zones, record)]


def strand(key: str, total: int | None, maximum: int = 12, better: str = "higher_is_better") -> StrandScore:
    cluster = CLUSTERS[next(at for at, letters in enumerate(PLACES) if key in letters)]
    return StrandScore(key, cluster, "some", better, total, maximum, 3, 3, None)  # type: ignore[arg-type]


# the worked example


def test_the_worked_example_of_the_guide() -> None:
    """Amira in docs/suggestions.md: every number there is one here."""
    totals = {"A": (8, 16), "G": (9, 16), "H": (12, 16), "T": (9, 16), "W": (5, 16), "Z": (3, 16)}
    bands = shipped_instrument("bubble-semh-1").norms[-1].bands
    strands = [
        strand(key, total, maximum, "higher_is_better" if key < "Q" else "lower_is_better")
        for key, (total, maximum) in totals.items()
    ]
    needs = needs_of(strands, bands)
    assert [(one.strand, one.outside, one.furthest) for one in needs] == [
        ("T", 6, True), ("A", 4, True), ("G", 3, True), ("W", 2, False),
    ]  # fmt: skip
    zones = Zones(20, {"blue": 3, "green": 12, "yellow": 10, "red": 4})
    assert reasons_for(STRATEGIES["stop-think-go-lights"], needs, zones, None) == [
        Reason("strand_furthest", "T", 4, 6, 16),
        Reason("strand_furthest", "G", 4, 3, 16),
        Reason("zone_often", "yellow", 3, 10, 20),
    ]
    board, putty, fan = (RESOURCES[key] for key in ("now-next-board", "therapy-putty", "feelings-fan"))
    assert points(board, needs, zones, Record(8, 6, 6, 4, 1)) == 4 + 2 + 3 + 4 + 2
    assert points(putty, needs, zones, Record(6, 1, 4, 0, 4)) == 4 + 4 + 3 - 2
    assert reasons_for(fan, needs, zones, Record(3, 3)) == [
        Reason("cluster", "steering_self", 1, 1, 4),
        Reason("zone_often", "yellow", 3, 10, 20),
        Reason("too_few_uses", None, 0, 3, 5),
    ]
    text = (Path(__file__).parents[3] / "docs" / "suggestions.md").read_text("utf-8")
    for sum_ in ("4 + 4 + 3 = 11", "4 + 2 + 3 + 4 + 2 = 15", "4 + 4 + 3 - 2 = 9", "1 + 3 = 4"):
        assert sum_ in text


# needs


def test_a_strand_on_the_border_of_its_range_is_no_need_and_one_beyond_it_is() -> None:
    bands = {"A": Band.model_validate({"from": 9, "to": 12}), "Q": Band.model_validate({"from": 0, "to": 2})}
    at_border = [strand("A", 9), strand("Q", 2, better="lower_is_better")]
    assert needs_of(at_border, bands) == []
    beyond = [strand("A", 8), strand("Q", 3, better="lower_is_better")]
    assert [(one.strand, one.outside) for one in needs_of(beyond, bands)] == [("A", 1), ("Q", 1)]
    # more of a strength than usual, and fewer signs of need, are no need
    assert needs_of([strand("A", 12), strand("Q", 0, better="lower_is_better")], bands) == []


def test_a_strand_without_a_range_or_a_total_is_no_need() -> None:
    bands = {"A": Band.model_validate({"from": 9, "to": 12})}
    assert needs_of([strand("A", None), strand("B", 0)], bands) == []


def test_how_far_is_a_share_of_the_maximum_and_of_equals_the_first_comes_first() -> None:
    band = Band.model_validate({"from": 8, "to": 20})
    bands = dict.fromkeys("ABCDE", band)
    strands = [strand("A", 6, 16), strand("B", 6, 12), strand("C", 4, 24), strand("D", 6, 12), strand("E", 7, 16)]
    assert [one.strand for one in needs_of(strands, bands)] == ["B", "C", "D", "A", "E"]
    assert [one.furthest for one in needs_of(strands, bands)] == [True, True, True, False, False]


# each border


def test_two_strands_count_and_no_third() -> None:
    needs = [need("T", True), need("A", True), need("G", True), need("W")]
    assert points(Thing(("T", "A", "G", "W")), needs) == 8
    assert points(Thing(("T", "W")), needs) == 6
    assert points(Thing(("W",)), needs) == 2
    assert points(Thing(("W", "B")), needs) == 2


def test_a_cluster_counts_only_where_no_strand_does() -> None:
    needs = [need("T", True, "early_needs"), need("W"), need("Y")]
    both = Thing(("V",), ("guarding", "early_needs"))
    assert reasons_for(both, needs, NOBODY, None) == [Reason("cluster", "early_needs", 1, 1, 3)]
    assert reasons_for(Thing(("V",), ("guarding",)), needs, NOBODY, None) == [Reason("cluster", "guarding", 1, 2, 3)]
    assert points(Thing(("W",), ("guarding",)), needs) == 2
    assert points(Thing(("A",), ("making_sense",)), needs) == 0


@pytest.mark.parametrize(
    ("times", "of", "code"),
    [
        (2, 4, None), (4, 4, None), (3, 5, "zone_often"), (2, 5, "zone_sometimes"), (1, 5, None),
        (4, 8, "zone_often"), (3, 8, "zone_sometimes"), (2, 8, "zone_sometimes"), (1, 8, None), (0, 8, None),
    ],
)  # fmt: skip
def test_a_zone_counts_from_a_quarter_and_more_from_a_half_and_not_under_five_records(
    times: int, of: int, code: str | None
) -> None:
    found = codes(Thing(zones=("red", "yellow")), Zones(of, {"yellow": times, "green": of}))
    assert found == ([code] if code else [])


def test_of_several_zones_the_one_most_often_named_counts_once() -> None:
    zones = Zones(10, {"blue": 5, "yellow": 7, "red": 3})
    (reason,) = reasons_for(Thing(zones=("blue", "yellow", "red")), [], zones, None)
    assert reason == Reason("zone_often", "yellow", 3, 7, 10)
    assert reasons_for(Thing(), [], zones, None) == []


@pytest.mark.parametrize(
    ("arrived", "uses", "code", "worth"),
    [
        (0, 0, None, 0), (1, 1, "too_few_uses", 0), (4, 4, "too_few_uses", 0), (5, 5, "worked_mostly", 4),
        (6, 8, "worked_mostly", 4), (5, 8, "worked_half", 2), (4, 8, "worked_half", 2), (3, 8, "worked_sometimes", 0),
        (2, 8, "worked_sometimes", 0), (1, 8, "worked_rarely", -2), (0, 5, "worked_rarely", -2),
    ],
)  # fmt: skip
def test_what_worked_counts_by_quarters_and_not_under_five_uses(
    arrived: int, uses: int, code: str | None, worth: int
) -> None:
    record = Record(uses, arrived)
    assert codes(Thing(), record=record) == ([code] if code else [])
    assert points(Thing(), record=record) == worth


@pytest.mark.parametrize(
    ("asked", "yes", "no", "worth"),
    [(4, 4, 0, 0), (5, 3, 0, 2), (5, 2, 0, 0), (5, 0, 3, -2), (5, 0, 2, 0), (6, 3, 3, 0), (6, 3, 2, 2), (6, 2, 3, -2)],
)
def test_the_pupils_own_view_counts_from_a_half_and_not_under_five_answers(
    asked: int, yes: int, no: int, worth: int
) -> None:
    assert points(Thing(), record=Record(0, 0, asked, yes, no)) == worth


def test_only_what_has_points_is_ranked_most_first_and_equals_by_kind_and_name() -> None:
    def worth(number: int) -> list[Reason]:
        return [Reason("strand", "A", number, 1, 2)]

    things = [("b", worth(2), (1, "B", "b")), ("none", [], (0, "A", "none")), ("best", worth(4), (2, "Z", "best")),
              ("worse", worth(-2), (0, "A", "worse")), ("first", worth(2), (0, "Z", "first")),
              ("zero", worth(0), (0, "A", "zero")), ("a", worth(2), (1, "A", "a"))]  # fmt: skip
    assert [(name, number) for name, number, _ in ranked(things)] == [("best", 4), ("first", 2), ("a", 2), ("b", 2)]


def test_every_code_has_a_sentence_with_its_numbers() -> None:
    for code in CODES:
        said = told(Reason(code, "A", 1, 7, 9), {"A": "Listening"})
        assert "7" in said
        assert "9" in said
        assert "{" not in said
        assert said.endswith(".")
    assert told(Reason("strand", "A", 2, 1, 12), {"A": "Listening"}).startswith("“Listening” is 1 of 12")


# what always holds


def few(of: str | tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), unique=True, max_size=4).map(tuple)


THINGS = st.builds(Thing, few(LETTERS), few(CLUSTERS), few(("blue", "green", "yellow", "red")))
NEEDS = st.lists(st.sampled_from(LETTERS), unique=True, max_size=8).map(
    lambda letters: [need(one, at < 3, CLUSTERS[LETTERS.index(one) % 5]) for at, one in enumerate(letters)]
)
ZONES = st.integers(0, 30).flatmap(
    lambda records: st.dictionaries(st.sampled_from(("blue", "green", "yellow", "red")), st.integers(0, records)).map(
        lambda times: Zones(records, times)
    )
)
RECORDS = st.integers(0, 20).flatmap(
    lambda uses: st.builds(Record, st.just(uses), st.integers(0, uses), st.just(0), st.just(0), st.just(0))
)


@given(THINGS, NEEDS, ZONES, RECORDS)
def test_points_stay_between_their_bounds_and_each_kind_of_reason_stands_alone(
    thing: Thing, needs: list[Need], zones: Zones, record: Record
) -> None:
    whole = points(thing, needs, zones, record)
    assert whole == points(thing, needs) + points(thing, zones=zones) + points(Thing(), record=record)
    assert -2 <= whole <= 8 + 3 + 4


@given(THINGS, NEEDS, st.sampled_from(LETTERS))
def test_one_strand_more_never_lowers_the_points(thing: Thing, needs: list[Need], letter: str) -> None:
    wider = Thing((*thing.strands, letter), thing.clusters, thing.zones)
    assert points(wider, needs) >= points(thing, needs)


@given(THINGS, ZONES, st.sampled_from(("blue", "green", "yellow", "red")))
def test_one_zone_more_or_named_once_more_never_lowers_the_points(thing: Thing, zones: Zones, zone: str) -> None:
    wider = Thing(thing.strands, thing.clusters, (*thing.zones, zone))
    assert points(wider, zones=zones) >= points(thing, zones=zones)
    more = Zones(zones.records, {**zones.times, zone: min(zones.times.get(zone, 0) + 1, zones.records)})
    assert points(thing, zones=more) >= points(thing, zones=zones)


@given(st.integers(1, 30), st.data())
def test_ending_arrived_once_more_never_lowers_the_points(uses: int, data: st.DataObject) -> None:
    arrived = data.draw(st.integers(0, uses - 1))
    more, fewer = Record(uses, arrived + 1), Record(uses, arrived)
    assert points(Thing(), record=more) >= points(Thing(), record=fewer)


@given(st.permutations(list(LETTERS[:8])), st.lists(st.integers(0, 12), min_size=8, max_size=8))
def test_the_order_in_which_things_come_makes_no_difference(order: list[str], worth: list[int]) -> None:
    things = {key: (key, [Reason("strand", key, number, 1, 2)], (0, key, key)) for key, number in
              zip(LETTERS[:8], worth, strict=True)}  # fmt: skip
    assert ranked(things[key] for key in order) == ranked(things.values())
