"""What a passport looks like on the wire: the pupil's own words, and the whole page with what stands elsewhere."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from iap_api.core.shapes import Body, Day, Id, Line, Note, Shape, change_of

# six short paragraphs fill a page, and nobody reads a second one at the door
Words = Annotated[Note, StringConstraints(max_length=600)]
OWN_WORDS = ("call_me", "about_me", "hard_for_me", "you_can_tell", "helps", "does_not_help")


class PassportRead(Shape):
    """A pupil's own words; null where they said nothing."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    call_me: str | None
    about_me: str | None
    hard_for_me: str | None
    you_can_tell: str | None
    helps: str | None
    does_not_help: str | None
    said_on: date
    written_by: UUID


class PassportCreate(Body):
    """What the pupil says, in their own words; an adult writes it down."""

    pupil_id: Id
    call_me: Line | None = Field(default=None, description="How I like to be called.")
    about_me: Words | None = Field(default=None, description="What I like and am good at.")
    hard_for_me: Words | None = Field(default=None, description="What is hard for me in school.")
    you_can_tell: Words | None = Field(default=None, description="How you can tell that it is getting too much.")
    helps: Words | None = Field(default=None, description="What helps me.")
    does_not_help: Words | None = Field(default=None, description="What does not help me.")
    said_on: Day | None = Field(default=None, description="The day on which the pupil said it; without it, today.")


PassportChange = change_of("PassportChange", PassportCreate, leaving_out=frozenset({"pupil_id"}))


class PassportAsked(Body):
    """As what: for a program, for a screen, or for a sheet of paper."""

    format: Literal["json", "html", "pdf"] = "json"


class PassportPerson(Shape):
    """One of the pupil's people, by what they are to the pupil."""

    why: str
    name: str


class PassportItem(Shape):
    """One thing in the pupil's toolbox."""

    name: str
    instructions: str | None = Field(description="How this pupil uses it.")
    who_may_use: str | None


class PassportTarget(Shape):
    """What the pupil is working on."""

    text: str
    due_on: date


class WholePassport(Shape):
    """The whole page; a part is null where your role does not see it, and empty where there is nothing."""

    pupil_id: UUID
    name: str = Field(description="How the pupil likes to be called: never the family name.")
    words: PassportRead | None = Field(description="Null as long as nobody has written down what the pupil says.")
    locker: str | None
    toolbox: list[PassportItem] | None
    people: list[PassportPerson] | None
    targets: list[PassportTarget] | None
