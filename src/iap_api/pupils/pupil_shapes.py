"""What a pupil looks like on the wire: sections that are present or absent as a whole, by the policy."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from iap_api.core.pages import Page
from iap_api.core.shapes import Body, Code, Day, Id, Line, Note, Shape, change_of, hidden_as_a_whole
from iap_api.pupils import upn
from iap_api.pupils.allergens import Allergens

NcYear = Annotated[str, Field(pattern=r"^(E1|E2|N1|N2|R|[1-9]|1[0-4]|X|M)$")]


def _upn(value: str) -> str:
    value = value.replace(" ", "").upper()
    if not upn.is_valid(value):
        raise ValueError("is not a UPN: check the letter at the front and the twelve characters after it")
    return value


Upn = Annotated[str, Field(min_length=13, max_length=16), AfterValidator(_upn)]
Needs = Annotated[list[Code], Field(max_length=6)]


class Roll(Shape):
    """What the roll knows: UPN, home address, first language."""

    upn: str | None
    upn_unknown_reason: str | None
    former_upn: str | None
    address: str | None
    first_language: str | None


class Sen(Shape):
    """Special educational needs: provision, needs in rank order, next EHCP review."""

    sen_provision: str
    sen_needs: list[str]
    ehcp_review_due_on: date | None


class Circumstances(Shape):
    """Circumstances that schools plan and are funded for."""

    pupil_premium: list[str]
    free_meals: bool
    looked_after: bool
    young_carer: str
    service_child: str


class Health(Shape):
    """What an adult has to know to keep the child well; `allergens` are what things of the toolbox are held against."""

    allergens: list[str]
    allergies: str | None
    medical_note: str | None


class Safeguarding(Shape):
    """That there is a child-protection file, and where; never what is in it."""

    safeguarding_flag: bool
    safeguarding_where: str | None


class PupilRead(Shape):
    """One pupil: identity always, each other section only for those who may see it."""

    model_config = ConfigDict(
        json_schema_extra=hidden_as_a_whole("roll", "sen", "circumstances", "health", "safeguarding")
    )

    id: UUID
    version: int
    school_id: UUID
    given_name: str
    family_name: str
    preferred_name: str | None
    born_on: date
    sex: str
    nc_year: str
    base_id: UUID | None
    class_id: UUID | None
    ended_on: date | None
    roll: Roll | None
    sen: Sen | None
    circumstances: Circumstances | None
    health: Health | None
    safeguarding: Safeguarding | None


class PupilCreate(Body):
    """A pupil to put on the roll of one school."""

    school_id: Id
    given_name: Line
    family_name: Line
    preferred_name: Line | None = None
    born_on: Day
    sex: Literal["F", "M"]
    nc_year_given: NcYear | None = Field(default=None, description="Only when not the one that age gives.")
    class_id: Id | None = None
    registered_from: Day
    enrolment_status: Code = "C"
    upn: Upn | None = None
    upn_unknown_reason: Code | None = None
    former_upn: Upn | None = None
    address: Note | None = None
    first_language: Line | None = None
    sen_provision: Code = "N"
    sen_needs: Needs = []
    ehcp_review_due_on: Day | None = None
    pupil_premium: Annotated[list[Code], Field(max_length=5)] = []
    free_meals: bool = False
    looked_after: bool = False
    young_carer: Code = "N"
    service_child: Code = "N"
    allergens: Allergens = []
    allergies: Note | None = None
    medical_note: Note | None = None


PupilChange = change_of(
    "PupilChange",
    PupilCreate,
    leaving_out=frozenset({"school_id", "class_id", "registered_from", "enrolment_status"}),
)


class PupilEnd(Body):
    """The day on which the pupil leaves the roll, and why."""

    ended_on: Day
    reason: Literal["moved_school", "left_area", "home_educated", "permanently_excluded", "other"]


class PupilFilters(Page):
    """Which pupils of those within reach."""

    school_id: Id | None = None
    base_id: Id | None = None
    class_id: Id | None = None
    sen_provision: Code | None = None


class PupilSearch(Body):
    """Parts of a name, or a UPN: in the body, so that neither stands in an address."""

    name: Annotated[str, Field(min_length=2, max_length=60)] | None = None
    upn: Annotated[str, Field(min_length=13, max_length=16)] | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20
