"""The shipped catalogue as data: it fits its schema, its tags are those of the tree, and it reads as it should."""

import json
import re
from collections import Counter
from importlib.resources import files
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from iap_api.profiles.definition import shipped_instrument
from iap_api.pupils.allergens import Allergen
from iap_api.pupils.zones import Zone
from iap_api.toolbox.catalogue.allergies import named_in
from iap_api.toolbox.catalogue.entries import ALLERGENS, RESOURCES, STRATEGIES, matching
from iap_api.toolbox.resource_shapes import NurturePrinciple
from iap_api.toolbox.tables import CATEGORIES

FOLDER = files("iap_api.toolbox.catalogue")
SCHEMA = json.loads((FOLDER / "catalogue.schema.json").read_text("utf-8"))
LETTERS = {t.key: c.key for s in shipped_instrument("bubble-semh-1").sections for c in s.clusters for t in c.strands}
BOTH = [*STRATEGIES.values(), *RESOURCES.values()]
TEXTS = ("title", "name", "what_to_do", "why", "watch_for", "what_for", "how_to_use", "safety", "cleaning")


def document(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


@pytest.mark.parametrize("name", ["strategies", "resources", "allergens"])
def test_each_file_fits_the_schema_and_one_member_too_many_does_not(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    held = document(name)
    Draft202012Validator(SCHEMA).validate(held)
    held[name][0]["price"] = 12
    assert not Draft202012Validator(SCHEMA).is_valid(held)


@pytest.mark.parametrize("name", ["strategies", "resources", "allergens"])
def test_no_key_stands_twice(name: str) -> None:
    keys = Counter(one["key"] for one in document(name)[name])
    assert max(keys.values()) == 1


def test_there_is_enough_to_choose_from() -> None:
    assert len(STRATEGIES) >= 60
    assert len(RESOURCES) >= 80
    assert min(Counter(one.category for one in RESOURCES.values()).values()) >= 10
    assert {one.category for one in RESOURCES.values()} == set(CATEGORIES)


def test_every_strand_principle_and_zone_has_at_least_two_strategies_and_two_resources() -> None:
    for entries in (STRATEGIES.values(), RESOURCES.values()):
        strands = Counter(strand for one in entries for strand in one.strands)
        principles = Counter(principle for one in entries for principle in one.nurture_principles)
        zones = Counter(zone for one in entries for zone in one.zones)
        assert {strand for strand, times in strands.items() if times >= 2} == set(LETTERS)
        assert {one for one, times in principles.items() if times >= 2} == set(get_args(NurturePrinciple))
        assert {zone for zone, times in zones.items() if times >= 2} == set(get_args(Zone))


def test_every_age_of_a_primary_has_a_strategy_for_each_strand() -> None:
    for years in range(5, 12):
        fitting = (one for one in STRATEGIES.values() if one.age_years.youngest <= years <= one.age_years.oldest)
        assert {strand for one in fitting for strand in one.strands} == set(LETTERS), years


@pytest.mark.parametrize("entry", BOTH, ids=lambda one: one.key)
def test_clusters_are_those_of_the_strands_and_strands_stand_in_order(entry: Any) -> None:
    assert set(entry.clusters) == {LETTERS[strand] for strand in entry.strands}
    assert list(entry.strands) == [letter for letter in LETTERS if letter in entry.strands]


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=lambda one: one.key)
def test_a_strategy_says_in_two_to_four_sentences_what_to_do_and_in_one_why(strategy: Any) -> None:
    assert 2 <= len(re.findall(r"[.!?]'?(?= [A-Z]|$)", strategy.what_to_do)) <= 4
    assert len(re.findall(r"\.(?= |$)", strategy.why)) == 1
    assert strategy.age_years.youngest < strategy.age_years.oldest


# words that blame, promise, shut away, hold down, or take what is the child's own; American spellings
UNFIT = re.compile(
    r"\b(naughty|attention.seeking|manipulat\w*|defian\w*|tantrum\w*|meltdown\w*|disturbed|abnormal|suffers?"
    r"|cures?|cured|guarantee\w*|proven|always works|time.?out|isolat\w*|seclu\w*|restrain\w*"
    r"|hold (?:the child|them) down|confiscat\w*|take away|lock\w* in|detention|boxall"
    r"|color\w*|behavior\w*|practicing|center\w*|mom|favorite)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("entry", BOTH, ids=lambda one: one.key)
def test_the_words_are_respectful_promise_nothing_and_are_british(entry: Any) -> None:
    text = " ".join(said for name in TEXTS if (said := getattr(entry, name, None)))
    assert not UNFIT.search(text)
    assert "  " not in text
    assert text.isascii()


def test_whatever_has_allergens_says_how_to_be_safe_with_it() -> None:
    assert not [one.key for one in RESOURCES.values() if one.allergens and not one.safety]
    assert {code for one in RESOURCES.values() for code in one.allergens} <= set(ALLERGENS)
    assert set(ALLERGENS) == set(get_args(Allergen)), "the codes of a pupil's health are those of the things"


@pytest.mark.parametrize("code", sorted(ALLERGENS))
def test_each_word_of_an_allergen_is_recognised_in_a_note_in_capitals_and_in_the_plural(code: str) -> None:
    for word in ALLERGENS[code].words:
        assert code in named_in(f"Allergic to {word.upper()}S: pen in the office.")
        assert code in named_in(word)


def test_a_note_is_read_by_whole_words() -> None:
    assert named_in("Peanuts: adrenaline pen in the office and in the base's red bag") == {"peanuts"}
    assert named_in("No nuts") == {"nuts", "peanuts"}, "whoever writes nuts may mean peanuts"
    assert named_in("Coconut, doughnuts and nutmeg are fine") == frozenset()
    assert named_in("Woollen things") == frozenset()
    assert named_in(None) == named_in("") == frozenset()
    assert named_in("LATEX, and hay fever") == {"latex", "pollen"}


def test_the_catalogue_is_searched_by_tags_and_by_words() -> None:
    both = {"strand": "S", "zone": "green", "q": "NOTEBOOK private"}
    assert [one.key for one in matching(STRATEGIES.values(), both)] == ["private-news-book"]
    found = matching(RESOURCES.values(), {"category": "movement", "cluster": "guarding", "zone": "red"})
    assert [one.key for one in found] == ["wall-handprints"]
    assert matching(STRATEGIES.values(), {"q": "no such word anywhere"}) == []
    assert len(matching(STRATEGIES.values(), {})) == len(STRATEGIES)
