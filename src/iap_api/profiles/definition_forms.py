"""The forms that values take in a definition: keys, lines, ages, and how reliable a section's total is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_TEXT = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
Slug = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Version = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=32)]
Key = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_]*$", max_length=40)]
Line = Annotated[str, Field(strict=True, pattern=_TEXT, max_length=300)]
Note = Annotated[str, Field(strict=True, pattern=_TEXT, max_length=2000)]
Age = Annotated[int, Field(strict=True, ge=0, le=25)]


class Part(BaseModel):
    """What every part of a definition shares: it is frozen and knows its members."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reliability(Part):
    """How far a section's total would come out the same again, as measured in the group that `source` names.

    Both numbers are of the section's total; an alpha of 1 would say that nothing is ever measured wrongly.
    """

    alpha: Annotated[float, Field(strict=True, gt=0, lt=1)]
    standard_deviation: Annotated[float, Field(strict=True, gt=0, le=10_000)]
    source: Line
