"""Finding other people's names in free text, and replacing marked places: pure rules, by example."""

import pytest

from iap_api.records.third_parties import Names
from iap_api.records.withholding import names_a_place, parts_of, pointer_to, withhold

NAMES = Names(
    own=["Amira", "Okafor", "Ami"],
    pupils=["Ben", "Okafor", "Zoë", "Okonkwo-Bell", "Jo", "Grace"],
    contacts=["Mrs Kofi Mensah", "Ada Okafor"],
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fell out with Ben at break.", "the name of another pupil"),
        ("Ben’s jumper, and Ben's hat", "the name of another pupil"),
        ("with Zoe in the garden", "the name of another pupil"),
        ("sat by OKONKWO-BELL", "the name of another pupil"),
        ("Bell rang for her", "the name of another pupil"),
        ("Rang Mr Mensah at noon.", "the name of a contact"),
        ("Ada came early.", "the name of a contact"),
        ("Amira Okafor and Ami are the same child.", None),
        ("a ben nevis of washing, full of grace", None),
        ("Benedict came", None),
        ("Mrs said so", None),
        ("", None),
    ],
)
def test_a_text_that_names_somebody_else_is_found(text: str, found: str | None) -> None:
    assert NAMES.found_in(text) == found


def document() -> dict[str, object]:
    rows = {"a": {"note": "x", "who": [{"name": "y"}, {"name": "z"}]}}
    return {"records": {"uses": {"title": "t", "rows": rows}}, "accesses": [{"on": "2026-11-24", "sentences": ["x"]}]}


def test_a_pointer_and_its_parts_are_each_others_opposite() -> None:
    for parts in (["records", "a/b", "c~d", "0"], ["records", "~1", "/"], []):
        assert parts_of(pointer_to(*parts)) == parts


@pytest.mark.parametrize(
    ("pointer", "there"),
    [
        ("/records/uses/rows/a", True),
        ("/records/uses/rows/a/note", True),
        ("/records/uses/rows/a/who/1/name", True),
        ("/records/uses/rows/a/who/2", False),
        ("/records/uses/rows/a/who/01", False),
        ("/records/uses/rows/a/who/-1", False),
        ("/records/uses/rows/a/note/0", False),
        ("/records/uses/rows/b", False),
        ("/records/uses/rows", False),
        ("/records/uses", False),
        ("/records/uses/title/rows/a", False),
        ("records/uses/rows/a", False),
        ("/accesses/0/sentences/0", True),
        ("/accesses/0/sentences/1", False),
        ("/accesses/0/sentences", False),
        ("/accesses/0/on", False),
        ("/accesses/0", False),
        ("", False),
    ],
)
def test_a_place_is_a_row_a_sentence_or_something_in_one(pointer: str, there: bool) -> None:
    assert names_a_place(document(), pointer) is there


def test_what_is_withheld_says_so_and_not_why() -> None:
    found = document()
    assert withhold(found, ["/records/uses/rows/a/note"]) == ["/records/uses/rows/a/note"]
    assert found["records"]["uses"]["rows"]["a"]["note"] == "[withheld]"  # type: ignore[index]


@pytest.mark.parametrize("where", ["CPOMS", None])
def test_of_a_withheld_flag_nothing_is_left_that_would_tell_whether_it_is_up(where: str | None) -> None:
    row = {"sex": "F", "safeguarding_flag": where is not None, "safeguarding_where": where}
    found = {"records": {"pupils": {"columns": {name: name for name in row}, "rows": {"a": row}}}}
    marks = ["/records/pupils/rows/a/safeguarding_flag", "/records/pupils/rows/a/safeguarding_where"]
    assert withhold(found, marks[: 2 if where else 1]) == []
    assert found == {"records": {"pupils": {"columns": {"sex": "sex"}, "rows": {"a": {"sex": "F"}}}}}


def test_a_row_that_tells_by_being_there_is_gone_and_its_part_with_the_last() -> None:
    rows = {"a": {"reason": "x"}, "b": {"reason": "y"}}
    found = {"records": {"legal_holds": {"title": "t", "rows": rows}}}
    assert withhold(found, ["/records/legal_holds/rows/a", "/records/legal_holds/rows/a/reason"]) == []
    assert list(rows) == ["b"]
    withhold(found, ["/records/legal_holds/rows/b"])
    assert found == {"records": {}}


def test_a_row_that_is_withheld_takes_what_lies_in_it_with_it() -> None:
    found = document()
    marks = ["/records/uses/rows/a/who/0/name", "/records/uses/rows/a"]
    assert withhold(found, marks) == ["/records/uses/rows/a"]
    assert "who" not in repr(found["records"]["uses"]["rows"])  # type: ignore[index]


def test_an_item_of_a_list_is_withheld_and_the_others_stay() -> None:
    found = document()
    withhold(found, ["/records/uses/rows/a/who/0/name"])
    who = found["records"]["uses"]["rows"]["a"]["who"]  # type: ignore[index]
    assert who == [{"name": "[withheld]"}, {"name": "z"}]
