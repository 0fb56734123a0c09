"""Initials: how a pupil is told on what others may see, a wall or a calendar, without a name."""

import unicodedata


def _first_letter(name: str) -> str:
    plain = unicodedata.normalize("NFC", name)
    for letter in plain:
        if letter.isalnum():
            # some letters become two, such as ß
            return letter.upper() if len(letter.upper()) == 1 else letter
    return ""


def initials(given_name: str, family_name: str) -> str:
    """Return the first letter of the given and of the family name, in whatever script; "?" where there is none.

    Never more: two children with the same initials stay two with the same initials.
    """
    return _first_letter(given_name) + _first_letter(family_name) or "?"
