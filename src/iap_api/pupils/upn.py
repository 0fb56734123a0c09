"""The unique pupil number: its form and its check letter (Government Data Standards Catalogue, UniquePupilNumber)."""

import re

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_FORM = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]")


def check_letter(rest: str) -> str:
    """Return the letter for the twelve characters after it; a temporary number ends in a letter."""
    values = [int(char) if char.isdigit() else LETTERS.index(char) for char in rest]
    return LETTERS[sum(value * weight for weight, value in enumerate(values, start=2)) % 23]


def is_valid(upn: str) -> bool:
    """Say whether a UPN has the right form and the right check letter."""
    return bool(_FORM.fullmatch(upn)) and check_letter(upn[1:]) == upn[0]


def is_temporary(upn: str) -> bool:
    """Say whether a UPN is temporary: it has to be replaced."""
    return upn[-1].isalpha()
