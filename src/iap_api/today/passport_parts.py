"""What a passport gathers: the pupil's words, toolbox, people and targets, each as far as the reader may see it."""

from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Uuid, and_, bindparam, func, literal, select, union_all
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.access.tables import Account
from iap_api.core import clock
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import about, current
from iap_api.pupils.tables import Caseload, Placement, Pupil
from iap_api.reviews.tables import Target
from iap_api.schools.tables import Staff
from iap_api.today.passport_shapes import PassportRead
from iap_api.today.passport_tables import Passport
from iap_api.toolbox.tables import Resource, Toolbox, ToolboxItem

_PUPIL, _DAY = bindparam("pupil", type_=Uuid()), bindparam("day", type_=Date())
# who knows the child; a cover for a day is not one of the child's people
_THEIRS = ("key_adult", "class_teacher", "therapy", "reintegration")
# a page holds no more
MOST = 12
_WORDS = Prepared(
    select(
        func.coalesce(col(Pupil.preferred_name), col(Pupil.given_name)),
        *(getattr(Passport, name) for name in PassportRead.model_fields),
    )
    .join(Passport, col(Passport.pupil_id) == col(Pupil.id), isouter=True)
    .where(col(Pupil.id) == _PUPIL)
)


class Parts(NamedTuple):
    """A passport's parts, as `WholePassport` names them."""

    name: str
    words: dict[str, Any] | None
    locker: str | None
    toolbox: list[dict[str, Any]] | None
    people: list[dict[str, Any]] | None
    targets: list[dict[str, Any]] | None


async def parts_of(caller: Caller, pupil_id: UUID) -> Parts:
    """Return the passport of a pupil whom the caller reaches: four statements."""
    ((first_name, *cells),) = await caller.rows(_WORDS, {"pupil": pupil_id})
    words = dict(zip(PassportRead.model_fields, cells, strict=True)) if cells[0] else None
    things = await _part(caller, pupil_id, Permission.toolbox_read, _things)
    people = await _part(caller, pupil_id, Permission.caseload_read, _people)
    targets = await _part(caller, pupil_id, Permission.review_read, _targets)
    return Parts(
        (words or {}).get("call_me") or first_name,
        words,
        things[0]["locker"] if things else None,
        None if things is None else [
            {name: one[name] for name in ("name", "instructions", "who_may_use")} for one in things if one["name"]
        ],
        people,
        targets,
    )  # fmt: skip


async def _part(caller: Caller, pupil_id: UUID, permission: Permission, statement: Any) -> list[dict[str, Any]] | None:
    """Return the rows of a part, or None where the caller may not see it."""
    scope = caller.may(permission)
    if scope is None:
        return None
    names, prepared = statement(scope.kinds)
    rows = await caller.rows(prepared, {**scope.binds(), "pupil": pupil_id, "day": clock.today()})
    return [dict(zip(names, row, strict=True)) for row in rows]


def _seen(table: Any, kinds: frozenset[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(table.pupil_id) == _PUPIL, about(col(table.pupil_id))(kinds)


@lru_cache(maxsize=16)
def _things(kinds: frozenset[str]) -> tuple[tuple[str, ...], Prepared]:
    inside = and_(
        col(ToolboxItem.toolbox_id) == col(Toolbox.id),
        col(ToolboxItem.returned_at).is_(None),
        col(ToolboxItem.lost_at).is_(None),
    )
    statement = (
        select(col(Toolbox.locker), col(Resource.name), col(ToolboxItem.instructions), col(Resource.who_may_use))
        .select_from(Toolbox)
        .join(ToolboxItem, inside, isouter=True)
        .join(Resource, col(Resource.id) == col(ToolboxItem.resource_id), isouter=True)
        .where(*_seen(Toolbox, kinds), col(Toolbox.ended_on).is_(None))
        .order_by(col(ToolboxItem.issued_at))
        .limit(MOST)
    )
    return ("locker", "name", "instructions", "who_may_use"), Prepared(statement)


@lru_cache(maxsize=16)
def _people(kinds: frozenset[str]) -> tuple[tuple[str, ...], Prepared]:
    theirs = (
        select(col(Caseload.why), col(Account.name))
        .join(Account, col(Account.id) == col(Caseload.account_id))
        .where(
            *_seen(Caseload, kinds), col(Caseload.why).in_(_THEIRS),
            current(col(Caseload.from_on), col(Caseload.until_on)),
        )
    )  # fmt: skip
    of_base = (
        select(literal("key_adult"), col(Staff.name))
        .join(Placement, col(Placement.key_adult_staff_id) == col(Staff.id))
        .where(*_seen(Placement, kinds), current(col(Placement.from_on), col(Placement.until_on)))
    )
    both = union_all(theirs, of_base).subquery()
    ordered = select(both.c[0], both.c[1]).distinct().order_by(both.c[0], both.c[1]).limit(MOST)
    return ("why", "name"), Prepared(ordered)


@lru_cache(maxsize=16)
def _targets(kinds: frozenset[str]) -> tuple[tuple[str, ...], Prepared]:
    statement = (
        select(col(Target.text), col(Target.due_on))
        .where(*_seen(Target, kinds), col(Target.withdrawn_at).is_(None), col(Target.due_on) >= _DAY)
        .order_by(col(Target.due_on), col(Target.id))
        .limit(MOST)
    )
    return ("text", "due_on"), Prepared(statement)
