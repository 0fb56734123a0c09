"""The unique pupil number: printed examples, an independent library, and what a slip of the finger does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.gb import upn as stdnum

from iap_api.pupils.upn import check_letter, is_temporary, is_valid

VALID = (
    "B801200005001", "Y208254320001", "M208254320002", "W208254320017", "F330201122034", "P207000016049",
    "L823432104187", "X20825432001A", "A20825432107B", "G33020112403Z",
)  # fmt: skip
TEMPORARY = ("X20825432001A", "A20825432107B", "G33020112403Z")
DIGITS = st.text("0123456789", min_size=12, max_size=12)
# local authorities that python-stdnum knows: Lambeth, Birmingham, Camden, Central Bedfordshire, Norfolk
KNOWN_TO_STDNUM = st.builds(
    lambda authority, rest: authority + rest,
    st.sampled_from(("208", "330", "202", "823", "926")),
    st.text("0123456789", min_size=9, max_size=9),
)


@pytest.mark.parametrize("upn", VALID)
def test_a_printed_example_is_valid(upn: str) -> None:
    assert is_valid(upn)
    assert is_temporary(upn) is (upn in TEMPORARY)


@pytest.mark.parametrize(
    "upn",
    [
        "A801200005001",  # the wrong letter
        "Q207000016049",  # two suppliers' help pages sum to 267; the sum is 266
        "H20825432001", "Y2082543200011",  # a character short, a character long
        "I208254320001", "O208254320001", "S208254320001", "X20825432001S", "X20825432001I", "X20825432001O",
        "y208254320001", "Y20825432A001", "Y208254320001\n", " Y208254320001", "Y20825432000\u0661", "", "Y",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_not(upn: str) -> None:
    assert not is_valid(upn)


@pytest.mark.parametrize(
    ("rest", "letter"),
    [("207000016049", "P"), ("801200005001", "B"), ("20825432107B", "A"), ("33020112403Z", "G"), ("823432104187", "L")],
)
def test_the_letter_of_a_printed_sum(rest: str, letter: str) -> None:
    assert check_letter(rest) == letter


@given(KNOWN_TO_STDNUM)
def test_another_library_agrees_on_the_letter(rest: str) -> None:
    made = stdnum.calc_check_digit(f"?{rest}") + rest
    assert stdnum.is_valid(made)
    assert is_valid(made)


@given(DIGITS, st.integers(0, 11), st.integers(1, 9))
def test_every_wrong_digit_is_noticed(rest: str, at: int, off_by: int) -> None:
    wrong = rest[:at] + str((int(rest[at]) + off_by) % 10) + rest[at + 1 :]
    assert not is_valid(check_letter(rest) + wrong)


@given(DIGITS, st.integers(0, 10))
def test_every_swap_of_unequal_neighbours_is_noticed(rest: str, at: int) -> None:
    swapped = rest[:at] + rest[at + 1] + rest[at] + rest[at + 2 :]
    assert is_valid(check_letter(rest) + swapped) is (swapped == rest)
