"""An instrument's definition: what is read, what is refused and where, and the one that is shipped."""

import json
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from iap_api.profiles.definition import BadInstrument, instrument_schema, pointer, read_instrument

Document = dict[str, Any]
Spoil = Callable[[Document], object]


def definition() -> Document:
    """Two sections, three strands, four items on a scale of 0 to 2, norms for all and for the oldest."""
    strand = {"title": "A strand", "about": "What it is about."}
    return {
        "key": "small",
        "version": "1",
        "title": "A small instrument",
        "wording_owner": "The school",
        "age_years": {"from": 4, "to": 11},
        "scale": [{"value": value, "meaning": f"Step {value}"} for value in range(3)],
        "re_assessment_interval_weeks": 12,
        "sections": [
            {
                "key": "strengths",
                "title": "Strengths",
                "direction": "higher_is_better",
                "clusters": [
                    {"key": "learning", "title": "Learning", "strands": [{"key": "A", **strand}]},
                    {"key": "others", "title": "Others", "strands": [{"key": "B", **strand}]},
                ],
            },
            {
                "key": "needs",
                "title": "Needs",
                "direction": "lower_is_better",
                "clusters": [{"key": "worry", "title": "Worry", "strands": [{"key": "Q", **strand}]}],
            },
        ],
        "items": [
            {"key": "d01", "section": "strengths", "strand": "A", "statement": "Listens to a story."},
            {"key": "d02", "section": "strengths", "strand": "B", "statement": "Shares a ball."},
            {"key": "d03", "section": "strengths", "strand": "A", "statement": "Finishes a drawing."},
            {"key": "s01", "section": "needs", "strand": "Q", "statement": "Hides under a table."},
        ],
        "norms": [
            {
                "version": "2024",
                "source": "The school",
                "note": "Its own.",
                "bands": {"A": {"from": 2, "to": 4}, "Q": {"from": 0, "to": 1}},
                "age_bands": [{"age_years": {"from": 9, "to": 11}, "bands": {"A": {"from": 3, "to": 4}}}],
            }
        ],
    }


def ages(document: Document) -> list[Document]:
    found: list[Document] = document["norms"][0]["age_bands"]
    return found


def strands(document: Document) -> list[Document]:
    found: list[Document] = document["sections"][1]["clusters"][0]["strands"]
    return found


def reliability(document: Document) -> Document:
    found: Document = document["sections"][0].setdefault(
        "reliability", {"alpha": 0.8, "standard_deviation": 10, "source": "Measured on all of Year 4."}
    )
    return found


def spoilt(spoil: Spoil) -> Document:
    document = definition()
    spoil(document)
    return document


def faults(document: Document | bytes) -> Sequence[tuple[str, str]]:
    with pytest.raises(BadInstrument) as refused:
        read_instrument(document)
    return list(refused.value.errors)


def test_a_definition_is_read_alike_from_bytes_and_from_parsed_json() -> None:
    raw = json.dumps(definition()).encode()
    assert read_instrument(raw) == read_instrument(definition())
    assert read_instrument(b"\xef\xbb\xbf" + raw) == read_instrument(definition())


def test_a_definition_written_out_again_reads_as_the_same_instrument() -> None:
    instrument = read_instrument(definition())
    assert read_instrument(instrument.model_dump_json(by_alias=True).encode()) == instrument
    assert Draft202012Validator(instrument_schema()).is_valid(json.loads(instrument.model_dump_json(by_alias=True)))


def test_a_section_may_say_how_reliable_its_total_is() -> None:
    document = definition()
    reliability(document)
    assert Draft202012Validator(instrument_schema()).is_valid(document)
    first, second = read_instrument(document).sections
    assert first.reliability is not None
    assert (first.reliability.alpha, first.reliability.standard_deviation) == (0.8, 10)
    assert second.reliability is None


def test_items_are_found_by_key_and_by_the_strand_they_feed() -> None:
    instrument = read_instrument(definition())
    assert instrument.items_by_key["d02"].statement == "Shares a ball."
    assert [item.key for item in instrument.strand_items["A"]] == ["d01", "d03"]
    assert instrument.strand_places["learning"] == (("A", ("d01", "d03"), 4),)
    assert instrument.strand_places["worry"] == (("Q", ("s01",), 2),)


def test_an_instrument_and_its_norms_cannot_be_changed_once_read() -> None:
    instrument = read_instrument(definition())
    with pytest.raises(ValueError, match="frozen"):
        instrument.title = "Another"  # type: ignore[misc]
    with pytest.raises(TypeError):
        instrument.norms[0].bands["A"] = instrument.norms[0].bands["Q"]  # type: ignore[index]
    with pytest.raises(TypeError):
        instrument.strand_items["A"] = ()  # type: ignore[index]


def test_the_band_for_the_pupils_age_comes_before_the_general_one() -> None:
    norm = read_instrument(definition()).norms[0]
    assert norm.bands_at(8)["A"].lowest == 2
    assert norm.bands_at(9)["A"].lowest == 3
    assert norm.bands_at(11)["A"].lowest == 3
    assert norm.bands_at(None)["A"].lowest == 2
    assert norm.bands_at(9)["Q"].highest == 1


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda d: d["items"][2].update(key="d01"), "/items/2/key"),
        (lambda d: d["items"][1].update(strand="K"), "/items/1/strand"),
        (lambda d: d["items"][3].update(section="elsewhere"), "/items/3/section"),
        (lambda d: d["items"].pop(), "/sections/1/clusters/0/strands/0"),
        (lambda d: d["scale"].pop(1), "/scale"),
        (lambda d: d["scale"][1].update(value=0), "/scale"),
        (lambda d: d["sections"][1].update(key="strengths"), "/sections/1/key"),
        (lambda d: d["sections"][1]["clusters"][0].update(key="learning"), "/sections/1/clusters/0/key"),
        (lambda d: strands(d).append(strands(d)[0]), "/sections/1/clusters/0/strands/1/key"),
        (lambda d: d["age_years"].update({"from": 12}), "/age_years"),
        (lambda d: d["norms"].append(d["norms"][0]), "/norms/1/version"),
        (lambda d: d["norms"][0]["bands"]["A"].update(to=5), "/norms/0/bands/A/to"),
        (lambda d: d["norms"][0]["bands"]["Q"].update({"from": 2}), "/norms/0/bands/Q"),
        (lambda d: d["norms"][0]["bands"].update(K={"from": 0, "to": 0}), "/norms/0/bands/K"),
        (lambda d: ages(d)[0]["bands"]["A"].update(to=5), "/norms/0/age_bands/0/bands/A/to"),
        (lambda d: ages(d).append({**ages(d)[0], "bands": {}}), "/norms/0/age_bands/1/age_years"),
        (lambda d: ages(d)[0]["age_years"].update(to=8), "/norms/0/age_bands/0/age_years"),
    ],
)
def test_a_definition_that_does_not_add_up_is_refused_where_it_goes_wrong(spoil: Spoil, where: str) -> None:
    found = [at for at, _ in faults(spoilt(spoil))]
    assert where in found


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda d: d.pop("title"), "/title"),
        (lambda d: d.update(colour="blue"), "/colour"),
        (lambda d: d["items"][0].update(weight=2), "/items/0/weight"),
        (lambda d: d["sections"].clear(), "/sections"),
        (lambda d: d["sections"][0]["clusters"][0]["strands"].clear(), "/sections/0/clusters/0/strands"),
        (lambda d: d["sections"][0].update(direction="sideways"), "/sections/0/direction"),
        (lambda d: reliability(d).update(alpha=1), "/sections/0/reliability/alpha"),
        (lambda d: reliability(d).update(alpha="0.8"), "/sections/0/reliability/alpha"),
        (lambda d: reliability(d).update(standard_deviation=0), "/sections/0/reliability/standard_deviation"),
        (lambda d: reliability(d).pop("source"), "/sections/0/reliability/source"),
        (lambda d: d["items"].clear(), "/items"),
        (lambda d: d["items"][0].update(statement=" "), "/items/0/statement"),
        (lambda d: d["items"][0].update(statement="Reads\x00."), "/items/0/statement"),
        (lambda d: d["items"][0].update(statement="x" * 301), "/items/0/statement"),
        (lambda d: d["items"][0].update(key="d 01"), "/items/0/key"),
        (lambda d: d.update(key="Small One"), "/key"),
        (lambda d: d.update(version=1), "/version"),
        (lambda d: d.update(items={}), "/items"),
        (lambda d: d.update(sections=["strengths"]), "/sections/0"),
        (lambda d: d["scale"][0].update(value=-1), "/scale/0/value"),
        (lambda d: d["scale"][0].update(value=True), "/scale/0/value"),
        (lambda d: d["scale"][0].update(value=0.5), "/scale/0/value"),
        (lambda d: d.update(re_assessment_interval_weeks=0), "/re_assessment_interval_weeks"),
        (lambda d: d["age_years"].update(to=26), "/age_years/to"),
        (lambda d: d["norms"][0]["bands"]["A"].update({"from": -1}), "/norms/0/bands/A/from"),
        (lambda d: d["norms"][0]["bands"].update({"a/b": {"from": 0, "to": 1}}), "/norms/0/bands/a~1b"),
        (lambda d: d["norms"][0].update(bands=[]), "/norms/0/bands"),
        (lambda d: d["norms"][0].update(provisional="yes"), "/norms/0/provisional"),
    ],
)
def test_the_published_schema_and_the_reader_refuse_the_same_shapes(spoil: Spoil, where: str) -> None:
    document = spoilt(spoil)
    assert [at for at, _ in faults(document)] == [where]
    assert not Draft202012Validator(instrument_schema()).is_valid(document)


def test_every_fault_is_listed_at_once_in_plain_words() -> None:
    document = definition()
    del document["title"]
    document["items"][0]["weight"] = 2
    assert faults(document) == [
        ("/title", "This member is needed."),
        ("/items/0/weight", "This member is not known here."),
    ]
    document = definition()
    document["items"][1]["key"] = "d01"
    document["norms"][0]["bands"]["A"]["to"] = 5
    assert faults(document) == [
        ("/items/1/key", "Another item already has this key."),
        ("/norms/0/bands/A/to", "This is more than the strand can total."),
    ]
    document = definition()
    document["scale"].clear()
    assert faults(document) == [("/scale", "More entries are needed here.")]


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"9" * 5_000, b'{"key": "\xe9"}'])
def test_bytes_that_are_not_json_are_refused(raw: bytes) -> None:
    assert faults(raw) == [("", "This is not JSON in UTF-8.")]


def test_a_member_written_twice_is_refused_rather_than_overwritten() -> None:
    raw = json.dumps(definition()).replace('"Q": {"from": 0', '"A": {"from": 0').encode()
    assert faults(raw) == [("", "An object has the same member twice.")]


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"small"'])
def test_json_that_is_no_object_is_refused(raw: bytes) -> None:
    assert faults(raw) == [("", "An object is expected.")]


def test_a_pointer_escapes_what_json_pointers_reserve() -> None:
    assert pointer("items", 0, "a/b~c") == "/items/0/a~1b~0c"


INSTRUMENTS = Path(__file__).parents[2] / "src/iap_api/profiles/instruments"
SHIPPED = INSTRUMENTS / "bubble-semh-1.json"
READINESS = INSTRUMENTS / "bubble-readiness-1.json"
EACH = pytest.mark.parametrize("file", [SHIPPED, READINESS], ids=["semh", "readiness"])


def shipped_statements(file: Path) -> list[str]:
    return [item["statement"] for item in json.loads(file.read_bytes())["items"]]


@EACH
def test_a_shipped_instrument_fits_the_published_schema_and_is_read(file: Path) -> None:
    schema = instrument_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(file.read_bytes()))
    instrument = read_instrument(file.read_bytes())
    assert f"{instrument.key}-{instrument.version}" == file.stem


def test_the_readiness_scale_has_five_strands_of_four_statements_and_no_mark_that_decides() -> None:
    instrument = read_instrument(READINESS.read_bytes())
    (section,) = instrument.sections
    assert section.direction == "higher_is_better"
    strands = [strand.key for cluster in section.clusters for strand in cluster.strands]
    assert strands == ["joining", "routines", "learning", "coping", "relationships"]
    assert {len(items) for items in instrument.strand_items.values()} == {4}
    # neighbours never feed the same strand, so that one impression does not colour a whole strand
    asked = [item.strand for item in instrument.items]
    assert not [one for one, following in pairwise(asked) if one == following]
    assert [step.meaning for step in instrument.scale] == [
        "Has yet to be seen", "With an adult at their side", "With an adult nearby", "With a reminder", "By themselves",
    ]  # fmt: skip
    assert instrument.norms == ()
    assert "no reason to keep a child out" in (instrument.note or "")


def test_the_shipped_instrument_has_two_sections_of_34_items_and_the_lettered_strands() -> None:
    instrument = read_instrument(SHIPPED.read_bytes())
    shape = [
        (section.key, section.direction, ["".join(t.key for t in c.strands) for c in section.clusters])
        for section in instrument.sections
    ]
    assert shape == [
        ("developmental", "higher_is_better", ["ABCDE", "FGHIJ"]),
        ("diagnostic", "lower_is_better", ["QR", "STU", "VWXYZ"]),
    ]
    sections = [item.section for item in instrument.items]
    assert (sections.count("developmental"), sections.count("diagnostic"), len(sections)) == (34, 34, 68)
    assert all(2 <= len(items) <= 5 for items in instrument.strand_items.values())
    assert [step.value for step in instrument.scale] == [0, 1, 2, 3, 4]
    assert instrument.scale[0].meaning == "Does not arise"


def test_the_shipped_norms_cover_every_strand_and_say_that_they_are_provisional() -> None:
    instrument = read_instrument(SHIPPED.read_bytes())
    (norm,) = instrument.norms
    assert norm.provisional
    assert "a school replaces them" in norm.note
    assert set(norm.bands) == set("ABCDEFGHIJQRSTUVWXYZ")


def test_the_two_shipped_instruments_share_no_statement() -> None:
    assert not set(shipped_statements(SHIPPED)) & set(shipped_statements(READINESS))


@EACH
def test_every_shipped_statement_is_short_plain_and_its_own(file: Path) -> None:
    statements = shipped_statements(file)
    assert len({statement.casefold() for statement in statements}) == {SHIPPED: 68, READINESS: 20}[file]
    for statement in statements:
        assert 4 <= len(statement.split()) <= 16, statement
        assert re.fullmatch(r"[A-Z][a-z]+s (?:[a-z'-]+ ?)+\.", statement), statement


@EACH
def test_no_shipped_statement_asks_two_things_or_turns_the_scale_round(file: Path) -> None:
    joining = {"and", "or", "but"}
    turning = {"no", "not", "never", "without", "cannot", "unable", "fails", "refuses", "lacks"}
    frequency = {"always", "often", "sometimes", "usually", "rarely", "seldom"}
    for statement in shipped_statements(file):
        words = set(re.findall(r"[a-z']+", statement.casefold()))
        assert not words & (joining | turning | frequency), statement
        assert not any(word.endswith("n't") for word in words), statement


@EACH
def test_nothing_shipped_bears_the_publishers_name_or_blames_the_child(file: Path) -> None:
    text = file.read_text("utf-8").casefold()
    for phrase in (
        "boxall",
        "nurtureuk",
        "naughty",
        "manipulative",
        "attention-seeking",
        "bad behaviour",
        "lazy",
    ):
        assert phrase not in text
