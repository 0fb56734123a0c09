"""The arithmetic of profiles: worked out by hand on a small instrument, by properties on the one shipped."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from iap_api.profiles.definition import Instrument, read_instrument, shipped_instrument
from iap_api.profiles.scoring import (
    BadAnswers,
    NotComparable,
    Scores,
    UnknownNorm,
    check_answers,
    compare,
    score,
)

Answers = dict[str, int | None]
calmly = settings(deadline=None, max_examples=60)


def section(key: str, direction: str, **clusters: str) -> dict[str, Any]:
    about = {"title": "A title", "about": "What it is about."}
    made = [
        {"key": cluster, "title": "A title", "strands": [{"key": letter, **about} for letter in letters]}
        for cluster, letters in clusters.items()
    ]
    return {"key": key, "title": "A title", "direction": direction, "clusters": made}


def item(key: str, section: str, of: str) -> dict[str, str]:
    return {"key": key, "section": section, "strand": of, "statement": f"Does the thing called {key}."}


def norm(version: str, **more: Any) -> dict[str, Any]:
    return {"version": version, "source": "The school", "note": "Its own.", **more}


DEFINITION: dict[str, Any] = {
    "key": "small",
    "version": "1",
    "title": "A small instrument",
    "wording_owner": "The school",
    "age_years": {"from": 4, "to": 11},
    "scale": [{"value": value, "meaning": f"Step {value}"} for value in range(5)],
    "re_assessment_interval_weeks": 12,
    "sections": [
        section("strengths", "higher_is_better", learning="AB", others="F"),
        section("needs", "lower_is_better", worry="Q"),
    ],
    "items": [
        item("d01", "strengths", "A"),
        item("d02", "strengths", "B"),
        item("d03", "strengths", "A"),
        item("d04", "strengths", "F"),
        item("s01", "needs", "Q"),
        item("s02", "needs", "Q"),
    ],
    "norms": [
        norm("old", bands={"A": {"from": 3, "to": 8}, "Q": {"from": 0, "to": 5}}),
        norm(
            "new",
            bands={"A": {"from": 5, "to": 6}, "Q": {"from": 1, "to": 2}},
            age_bands=[{"age_years": {"from": 9, "to": 11}, "bands": {"A": {"from": 7, "to": 8}}}],
        ),
    ],
}
SMALL = read_instrument(DEFINITION)
SHIPPED = shipped_instrument("bubble-semh-1")
HAND: Answers = {"d01": 4, "d02": 0, "d03": 2, "d04": 3, "s01": 1, "s02": 2}


def totals(scores: Scores) -> dict[str, int | None]:
    strands = {part.key: part.total for part in scores.strands}
    return strands | {part.key: part.total for part in (*scores.clusters, *scores.sections)}


def statuses(scores: Scores) -> dict[str, str | None]:
    return {part.key: part.status for part in scores.strands}


def answers_to(instrument: Instrument, blanks: bool = False) -> st.SearchStrategy[Answers]:
    value: st.SearchStrategy[int | None] = st.integers(0, 4)
    return st.fixed_dictionaries({key: value | st.none() if blanks else value for key in instrument.items_by_key})


def test_a_profile_worked_out_by_hand_has_these_totals() -> None:
    scores = score(SMALL, HAND)
    assert totals(scores) == {
        "A": 6, "B": 0, "F": 3, "Q": 3,
        "learning": 6, "others": 3, "worry": 3, "strengths": 9, "needs": 3,
    }  # fmt: skip
    assert [part.maximum for part in scores.strands] == [8, 4, 4, 8]
    assert [part.maximum for part in scores.clusters] == [12, 4, 8]
    assert [(part.maximum, part.answered, part.items) for part in scores.sections] == [(16, 4, 4), (8, 2, 2)]
    assert scores.complete
    assert scores.missing == ()
    assert (scores.instrument, scores.instrument_version, scores.norm_version) == ("small", "1", "new")


@pytest.mark.parametrize("blank", ["null", "absent"])
def test_a_missing_answer_empties_its_strand_its_cluster_and_its_section_alone(blank: str) -> None:
    answers: Answers = {**HAND, "d03": None}
    if blank == "absent":
        del answers["d03"]
    scores = score(SMALL, answers)
    assert totals(scores) == {
        "A": None, "B": 0, "F": 3, "Q": 3,
        "learning": None, "others": 3, "worry": 3, "strengths": None, "needs": 3,
    }  # fmt: skip
    assert statuses(scores)["A"] is None
    assert (scores.strands[0].answered, scores.strands[0].items) == (1, 2)
    assert (scores.sections[0].answered, scores.sections[0].items) == (3, 4)
    assert not scores.complete
    assert scores.missing == ("d03",)


def test_nought_is_an_answer_and_an_empty_profile_has_no_total() -> None:
    noughts = score(SMALL, dict.fromkeys(HAND, 0))
    assert noughts.complete
    assert set(totals(noughts).values()) == {0}
    empty = score(SMALL, {})
    assert empty.missing == ("d01", "d02", "d03", "d04", "s01", "s02")
    assert set(totals(empty).values()) == {None}
    assert set(statuses(empty).values()) == {None}


@pytest.mark.parametrize(
    ("d01", "d03", "status"), [(4, 0, "below"), (4, 1, "within"), (4, 2, "within"), (4, 3, "above")]
)
def test_a_strength_is_below_within_or_above_a_range_of_5_to_6(d01: int, d03: int, status: str) -> None:
    assert statuses(score(SMALL, {**HAND, "d01": d01, "d03": d03}))["A"] == status


@pytest.mark.parametrize(
    ("s01", "s02", "status"), [(0, 0, "within"), (1, 0, "within"), (1, 1, "within"), (2, 1, "above")]
)
def test_a_need_is_within_or_above_a_range_of_1_to_2_and_never_below(s01: int, s02: int, status: str) -> None:
    assert statuses(score(SMALL, {**HAND, "s01": s01, "s02": s02}))["Q"] == status


def test_a_strand_that_the_norms_leave_out_has_no_status() -> None:
    assert statuses(score(SMALL, HAND)) == {"A": "within", "B": None, "F": None, "Q": "above"}


def test_the_status_follows_the_norms_asked_for_and_the_pupils_age() -> None:
    assert statuses(score(SMALL, HAND, "old"))["Q"] == "within"
    assert statuses(score(SMALL, HAND, "new", age_years=8))["A"] == "within"
    assert statuses(score(SMALL, HAND, "new", age_years=9))["A"] == "below"
    assert score(SMALL, HAND, "old").norm_version == "old"


def test_norms_that_the_instrument_lacks_are_refused() -> None:
    with pytest.raises(UnknownNorm):
        score(SMALL, HAND, "2017")


def test_an_instrument_without_norms_gives_totals_and_no_status() -> None:
    scores = score(read_instrument({**DEFINITION, "norms": []}), HAND)
    assert scores.norm_version is None
    assert scores.sections[0].total == 9
    assert set(statuses(scores).values()) == {None}


@pytest.mark.parametrize("value", [5, -1, True, False, 1.0, 2.5, "3", [1], {}, float("nan"), 10**30])
def test_an_answer_off_the_scale_is_named_and_refused(value: Any) -> None:
    answers = {**HAND, "d02": value}
    assert check_answers(SMALL, answers) == [("/d02", "The answer must be a whole number from 0 to 4, or null.")]
    with pytest.raises(BadAnswers) as refused:
        score(SMALL, answers)
    assert [error.pointer for error in refused.value.errors] == ["/d02"]


def test_answers_to_unknown_items_are_all_named_with_escaped_pointers() -> None:
    answers: Answers = {"d01": None, "d99": 1, "a/b": None, **HAND}
    assert check_answers(SMALL, answers) == [
        ("/d99", "The instrument has no such item."),
        ("/a~1b", "The instrument has no such item."),
    ]
    with pytest.raises(BadAnswers):
        score(SMALL, answers)
    assert check_answers(SMALL, {**HAND, "d01": None}) == []


def test_a_change_worked_out_by_hand_is_positive_where_the_pupil_is_better_off() -> None:
    later: Answers = {"d01": 4, "d02": 3, "d03": 1, "d04": 3, "s01": 0, "s02": 1}
    found = compare(score(SMALL, HAND), score(SMALL, later))
    strands = [(c.key, c.earlier, c.later, c.change) for c in found.strands]
    assert strands == [("A", 6, 5, -1), ("B", 0, 3, 3), ("F", 3, 3, 0), ("Q", 3, 1, 2)]
    assert [(c.key, c.change) for c in found.clusters] == [("learning", 2), ("others", 0), ("worry", 2)]
    assert [(c.key, c.change) for c in found.sections] == [("strengths", 2), ("needs", 2)]
    assert found.overall == 4
    assert found.norm_version == "new"


def test_a_strand_without_a_total_has_no_change_nor_has_the_whole() -> None:
    found = compare(score(SMALL, HAND), score(SMALL, {**HAND, "s01": None}))
    assert [c.change for c in found.strands] == [0, 0, 0, None]
    assert [c.change for c in found.sections] == [0, None]
    assert found.overall is None


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (score(read_instrument({**DEFINITION, "key": "another"}), HAND), "instrument"),
        (score(read_instrument({**DEFINITION, "version": "2"}), HAND), "instrument_version"),
        (score(SMALL, HAND, "old"), "norm_version"),
        (score(read_instrument({**DEFINITION, "norms": []}), HAND), "norm_version"),
    ],
)
def test_profiles_on_different_rulers_are_not_compared(other: Scores, reason: str) -> None:
    for pair in ((score(SMALL, HAND), other), (other, score(SMALL, HAND))):
        with pytest.raises(NotComparable) as refused:
            compare(*pair)
        assert refused.value.reason == reason


def test_the_shipped_instrument_reaches_136_in_each_section_and_flags_what_it_should() -> None:
    best = score(SHIPPED, {key: 4 if key.startswith("d") else 0 for key in SHIPPED.items_by_key})
    assert [(part.total, part.maximum) for part in best.sections] == [(136, 136), (0, 136)]
    assert set(statuses(best).values()) == {"within"}
    worst = score(SHIPPED, {key: 0 if key.startswith("d") else 4 for key in SHIPPED.items_by_key})
    assert [part.total for part in worst.sections] == [0, 136]
    assert "".join(key for key, status in statuses(worst).items() if status == "below") == "ABCDEFGHIJ"
    assert "".join(key for key, status in statuses(worst).items() if status == "above") == "QRSTUVWXYZ"


@calmly
@given(answers_to(SHIPPED))
def test_strands_clusters_and_sections_each_add_up_to_the_sum_of_the_answers(answers: Answers) -> None:
    scores = score(SHIPPED, answers)
    for section, letter in (("developmental", "d"), ("diagnostic", "s")):
        answered = sum(value or 0 for key, value in answers.items() if key.startswith(letter))
        assert next(part.total for part in scores.sections if part.key == section) == answered
        assert sum(part.total or 0 for part in scores.strands if part.section == section) == answered
    for cluster in scores.clusters:
        assert sum(part.total or 0 for part in scores.strands if part.cluster == cluster.key) == cluster.total
    assert all(0 <= (part.total or 0) <= part.maximum for part in scores.strands)


@calmly
@given(answers_to(SHIPPED, blanks=True))
def test_a_strand_has_a_total_exactly_when_all_its_items_are_answered(answers: Answers) -> None:
    scores = score(SHIPPED, answers)
    blank = [key for key in SHIPPED.items_by_key if answers[key] is None]
    emptied = {SHIPPED.items_by_key[key].strand for key in blank}
    assert {part.key for part in scores.strands if part.total is None} == emptied
    assert {part.key for part in scores.strands if part.status is None} == emptied
    clusters = {part.cluster for part in scores.strands if part.key in emptied}
    assert {c.key for c in scores.clusters if c.total is None} == clusters
    assert list(scores.missing) == blank
    assert scores.complete == (not blank)
    assert sum(part.answered for part in scores.sections) == 68 - len(blank)
    assert scores == score(SHIPPED, {key: value for key, value in answers.items() if value is not None})


@calmly
@given(answers_to(SHIPPED, blanks=True), st.randoms(use_true_random=False))
def test_the_order_in_which_answers_come_in_does_not_matter(answers: Answers, luck: Any) -> None:
    shuffled = list(answers.items())
    luck.shuffle(shuffled)
    assert score(SHIPPED, dict(shuffled)) == score(SHIPPED, answers)


@calmly
@given(answers_to(SHIPPED), st.sampled_from(sorted(SHIPPED.items_by_key)))
def test_one_step_up_on_one_item_moves_its_own_strand_by_one_and_no_other(answers: Answers, key: str) -> None:
    step = answers[key]
    assume(step is not None and step < 4)
    before, after = score(SHIPPED, answers), score(SHIPPED, {**answers, key: (step or 0) + 1})
    own = SHIPPED.items_by_key[key].strand
    rank = {"below": 0, "within": 1, "above": 2}
    for earlier, later in zip(before.strands, after.strands, strict=True):
        assert (later.total or 0) - (earlier.total or 0) == (1 if later.key == own else 0)
        assert rank[later.status or "below"] >= rank[earlier.status or "below"]
    found = compare(before, after)
    better = 1 if key.startswith("d") else -1
    assert {c.key: c.change for c in found.strands if c.change} == {own: better}
    assert found.overall == better


@calmly
@given(answers_to(SHIPPED, blanks=True), answers_to(SHIPPED, blanks=True))
def test_turning_a_comparison_round_turns_every_sign_round(first: Answers, second: Answers) -> None:
    there = compare(score(SHIPPED, first), score(SHIPPED, second))
    back = compare(score(SHIPPED, second), score(SHIPPED, first))
    for forth, reverse in zip(there.strands, back.strands, strict=True):
        assert (forth.change is None) == (reverse.change is None)
        assert (forth.change or 0) == -(reverse.change or 0)
    assert (there.overall or 0) == -(back.overall or 0)
    same = compare(score(SHIPPED, first), score(SHIPPED, first))
    assert {c.change for c in same.strands} <= {0, None}
