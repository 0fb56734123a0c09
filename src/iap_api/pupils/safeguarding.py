"""The safeguarding flag: that there is a child-protection file and where it is kept, and never a word of what is in it.

Keeping children safe in education (part 2 and annex C) has the designated safeguarding lead keep child-protection files
apart from the pupil's record, open to those alone who need them, and hand them on by themselves when the child moves
(within 5 days, with a receipt). A second copy here would be read by the wrong people and would not go with the child.
So this record holds a flag and a pointer: the name of the school's own system and the reference there.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from iap_api.core.errors import Invalid
from iap_api.core.shapes import Body

LONGEST = 120
MOST_WORDS = 12
_LINES = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]")
# what ends a sentence, asks, exclaims or quotes; not the points in "No. 4711", "CP.2026" or "v2.1"
_SENTENCE = re.compile(r"[?!;\"\u201c\u201d\u00ab\u00bb]|(?<!\b[Nn]o)\.(\s|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def _pointer(value: str) -> str:
    if _LINES.search(value):
        raise ValueError("must be one line: the name of the system and the reference there")
    if _CONTROL.search(value):
        raise ValueError("must not hold control characters")
    if len(value.split()) > MOST_WORDS or _SENTENCE.search(value):
        raise ValueError("must say where the file is and nothing of what is in it: a system and a reference")
    return value


Pointer = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST,
        description="Where the child-protection file is: the name of the system and the reference there, no sentence.",
    ),
    AfterValidator(_pointer),
]


class SafeguardingChange(Body):
    """The safeguarding flag: kept by the safeguarding lead alone."""

    safeguarding_flag: bool
    safeguarding_where: Pointer | None = None


def check_flag(body: SafeguardingChange) -> None:
    """Raise `Invalid` for a pointer without a flag: when the flag goes, so does where the file was."""
    if body.safeguarding_where is not None and not body.safeguarding_flag:
        raise Invalid(errors=[("/safeguarding_where", "needs safeguarding_flag: there is no file to point at")])
