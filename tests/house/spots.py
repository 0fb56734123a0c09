"""A pupil at each distance from The Bubble, and the id of each kind of thing that is there."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.world import Person, World


@dataclass
class Spot:
    """One pupil at one distance, with the place they are at and the people there who may write about them."""

    pupil: UUID
    school: UUID
    base: UUID
    space: UUID
    senco: Person
    office: Person
    on_caseload_of: UUID


@dataclass
class Neighbourhood:
    """The world, and in `ids` the id of each kind of thing at each spot where there is one."""

    world: World
    elsewhere: World
    spots: dict[str, Spot] = field(default_factory=dict)
    ids: dict[str, dict[str, UUID | str]] = field(default_factory=dict)

    def put(self, kind: str, spot: str, made: Any) -> None:
        self.ids.setdefault(kind, {})[spot] = made
