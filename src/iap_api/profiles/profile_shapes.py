"""What a profile, its answers, its scores and a comparison look like on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, WithJsonSchema

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Code, Day, Id, Instant, Line, Note, Shape, change_of

ProfileStatus = Literal["draft", "completed", "superseded", "withdrawn"]
Direction = Literal["higher_is_better", "lower_is_better"]
# what an answer may be is for the instrument to say, with a pointer to each that it does not know
Answer = Annotated[Any, WithJsonSchema({"type": ["integer", "null"], "description": "A step of the scale, or none."})]


class ProfileRead(Shape):
    """One profile: whose, with which instrument, how far it has come, and who signed it."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    instrument_id: UUID
    instrument_key: str
    instrument_version: str
    norm_version: str | None = Field(description="The norms it is scored against; null when the instrument has none.")
    observed_on: date
    age_years: int = Field(description="The pupil's age in completed years on the day of observation.")
    note: str | None
    status: ProfileStatus
    answered: int
    total: int
    totals_source: str | None = Field(description="Where its totals come from, if they were added up elsewhere.")
    warning: Literal["age_outside_range"] | None = Field(description="The instrument is not made for this age.")
    started_by: UUID
    created_at: datetime
    completed_by: UUID | None
    completed_at: datetime | None
    supersedes_id: UUID | None = Field(description="The profile that this one corrects.")
    correction_reason: str | None
    correction_id: UUID | None = Field(description="The profile that corrects this one, begun or completed.")
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None


class ProfileCreate(Body):
    """A draft to begin: of one pupil, with one version of an instrument."""

    pupil_id: Id
    instrument_id: Id
    observed_on: Day = Field(description="The day up to which the adults have observed; not in the future.")
    norm_version: Code | None = Field(
        default=None, description="Only to finish on older norms what began on them; else the newest count."
    )
    note: Note | None = None
    acknowledged: list[Literal["age_outside_range"]] = Field(
        default=[],
        max_length=1,
        description="That you know the instrument is not made for the pupil's age, and want it all the same.",
    )


ProfileChange = change_of(
    "ProfileChange", ProfileCreate, leaving_out=frozenset({"pupil_id", "instrument_id", "norm_version"})
)


class ProfileCorrect(Body):
    """Why a completed profile is corrected."""

    reason: Line


class TotalsPut(Body):
    """Totals by strand key, as another system added them up, and which system that was."""

    totals: Annotated[
        dict[str, Answer], Field(min_length=1, max_length=100, json_schema_extra={"example": {"A": 12, "B": 9}})
    ]
    source: Line = Field(description="For example the system they were exported from, and when.")


class TotalsRead(Shape):
    """The totals of a profile that were added up elsewhere; none, and no source, of one that is answered here."""

    profile_id: UUID
    version: int
    status: ProfileStatus
    totals: dict[str, int]
    source: str | None
    missing: list[str] = Field(description="The strands without a total yet.")


class ProfileFilters(Page):
    """Which profiles."""

    pupil_id: Id | None = None
    instrument_id: Id | None = None
    status: ProfileStatus | None = None
    observed_from: Day | None = None
    completed_after: Instant | None = None
    completed_before: Instant | None = None


class AnswersChange(Body):
    """Answers by item key; what is not named stays, null takes an answer back."""

    answers: Annotated[
        dict[str, Answer],
        Field(min_length=1, max_length=500, json_schema_extra={"example": {"d01": 3, "d02": None}}),
    ]


class GivenAnswer(Shape):
    """Who answered an item last, and when; a null value is an answer taken back."""

    item: str
    value: int | None
    answered_by: UUID
    answered_at: datetime


class AnswersRead(Shape):
    """Every item of the profile with its answer (null: none yet), and who gave each."""

    profile_id: UUID
    version: int
    status: ProfileStatus
    answered: int
    total: int
    answers: dict[str, int | None]
    given: list[GivenAnswer]


class AnswersSaved(Shape):
    """What was saved, in few bytes for a phone: the items sent as they stand now, and how far the profile has come."""

    profile_id: UUID
    version: int
    answered: int
    total: int
    answers: dict[str, int | None]


class StrandScoreRead(Shape):
    """A strand: no total, and no status, until each of its items is answered."""

    key: str
    cluster: str
    section: str
    direction: Direction
    total: int | None
    maximum: int
    answered: int
    items: int
    status: Literal["below", "within", "above"] | None


class GroupScoreRead(Shape):
    """A cluster or a section: the sum of its strands, or no total while one of them has none."""

    key: str
    direction: Direction
    total: int | None
    maximum: int
    answered: int
    items: int


class ScoresRead(Shape):
    """The scores of a profile; those of a draft are partial and change with every answer."""

    profile_id: UUID
    pupil_id: UUID
    status: ProfileStatus
    observed_on: date
    age_years: int
    instrument: str
    instrument_version: str
    norm_version: str | None
    norm_provisional: bool | None = Field(description="True while the norms are a considered guess, not standardised.")
    complete: bool
    missing: list[str]
    strands: list[StrandScoreRead]
    clusters: list[GroupScoreRead]
    sections: list[GroupScoreRead]


class ChangeRead(Shape):
    """From one total to the next; `change` is above 0 for improvement."""

    key: str
    earlier: int | None
    later: int | None
    change: int | None


class SectionChangeRead(ChangeRead):
    """A section's change, and whether it is more than chance (Jacobson and Truax, 1991).

    Null where the instrument's definition gives no reliability.
    """

    reliable: Literal["better", "worse", "within_chance"] | None
    index: float | None = Field(description="The change in standard errors of the difference; beyond 1.96 is reliable.")
    needed: int | None = Field(description="The fewest points, up or down, that are more than chance.")


class ComparisonRead(Shape):
    """What changed from the earlier observation to the later one, whichever was named first; + is better."""

    pupil_id: UUID
    earlier_id: UUID
    later_id: UUID
    norm_version: str | None
    strands: list[ChangeRead]
    clusters: list[ChangeRead]
    sections: list[SectionChangeRead]
    overall: int | None


class StepRead(Shape):
    """What changed since the profile before; null, with what differs in `reason`, where that cannot be told."""

    reason: Literal["instrument", "instrument_version", "norm_version"] | None
    strands: list[ChangeRead] | None
    clusters: list[ChangeRead] | None
    sections: list[SectionChangeRead] | None
    overall: int | None


class ProfilePointRead(Shape):
    """One completed profile of a pupil's line, under the norms it was signed against."""

    profile_id: UUID
    school_id: UUID
    instrument_id: UUID
    instrument_version: str
    norm_version: str | None
    norm_provisional: bool | None
    observed_on: date
    age_years: int
    completed_at: datetime
    strands: list[StrandScoreRead]
    clusters: list[GroupScoreRead]
    sections: list[GroupScoreRead]
    since: StepRead | None = Field(description="Null for the first.")


class ProfileLineRead(Shape):
    """The completed profiles of a pupil with one instrument, oldest first."""

    pupil_id: UUID
    instrument_id: UUID
    profiles: list[ProfilePointRead]
