"""How far one caller reaches with one permission, as the parameters that row filters bind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CompoundSelect, Integer, Select, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from iap_api.access.policy import Permission, Reach
from iap_api.access.roles import Role
from iap_api.core import clock
from iap_api.core.tables import Ids

# Besides "schools": a list of one may be compared as one, and PostgreSQL then reads an index in its order.
ONE_SCHOOL = "one_school"


@dataclass(frozen=True, slots=True)
class Held:
    """One role at one place, opened out to a place below it (or the place itself)."""

    role: Role
    kind: str
    place_id: UUID
    school_id: UUID | None
    trust_id: UUID | None
    # what a client's own list allows at most; None for a person, whose role alone decides
    only: frozenset[Permission] | None = None

    def reach(self, permission: Permission) -> Reach:
        """Return how far this role reaches here with a permission: everything that decides asks this."""
        return permission.reaches[self.role] if self.only is None or permission in self.only else Reach.none


@lru_cache(maxsize=16)
def _kinds(schools: int, bases: bool, own: bool) -> frozenset[str]:
    there = {"schools": schools > 0, ONE_SCHOOL: schools == 1, "bases": bases, "own": own}
    return frozenset(kind for kind, is_there in there.items() if is_there)


@dataclass(frozen=True, slots=True)
class Scope:
    """The schools, the bases and (if `own`) the caseload within reach."""

    account_id: UUID
    schools: tuple[UUID, ...] = ()
    bases: tuple[UUID, ...] = ()
    own: bool = False
    around: tuple[UUID, ...] = field(default=(), compare=False)
    trusts: tuple[UUID, ...] = ()
    base_schools: tuple[UUID, ...] = field(default=(), compare=False)
    own_schools: tuple[UUID, ...] = field(default=(), compare=False)

    @property
    def kinds(self) -> frozenset[str]:
        """Which kinds of reach are there: they choose the form of the row filter."""
        return _kinds(min(len(self.schools), 2), bool(self.bases), self.own)

    def binds(self) -> dict[str, Any]:
        """Return the values for the filter's parameters."""
        given: dict[str, Any] = {
            "scope_account": self.account_id,
            "scope_around": list(self.around),
            "scope_trusts": list(self.trusts),
            "scope_base_schools": list(self.base_schools),
            "scope_own_schools": list(self.own_schools),
            "scope_today": clock.today(),
        }
        if self.schools:
            given["scope_schools"] = list(self.schools)
        if self.bases:
            given["scope_bases"] = list(self.bases)
        return given


def scope_of(permission: Permission, held: Iterable[Held], account_id: UUID) -> Scope | None:
    """Return what the roles held reach with `permission`, or None if no role allows it.

    `around` names every school at which the permission is held at all, whatever its reach; `base_schools` and
    `own_schools` those at which it reaches a base or the caseload; `trusts` the trusts reached as a whole.
    """
    schools: set[UUID] = set()
    bases: set[UUID] = set()
    around: set[UUID] = set()
    trusts: set[UUID] = set()
    base_schools: set[UUID] = set()
    own_schools: set[UUID] = set()
    own = allowed = False
    for one in held:
        reach = one.reach(permission)
        if reach is Reach.none:
            continue
        allowed = True
        if one.school_id is not None:
            around.add(one.school_id)
        if one.kind == "trust" and reach is Reach.trust:
            trusts.add(one.place_id)
        if reach is Reach.own:
            own = True
            own_schools |= {one.school_id} if one.school_id else set()
        elif reach is Reach.base:
            if one.kind == "base":
                bases.add(one.place_id)
                base_schools |= {one.school_id} if one.school_id else set()
        elif one.school_id is not None:
            schools.add(one.school_id)
    if not allowed:
        return None
    return Scope(
        account_id,
        tuple(sorted(schools)),
        tuple(sorted(bases)),
        own,
        tuple(sorted(around)),
        tuple(sorted(trusts)),
        tuple(sorted(base_schools)),
        tuple(sorted(own_schools)),
    )


class shares(FunctionElement[bool]):  # noqa: N801 - reads as an operator
    """The list of ids in `column` shares one with the ids that `chosen` selects."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, chosen: Select[Any]) -> None:
        """Compare the items of `column` with the rows of a statement of one column."""
        super().__init__(column, chosen.scalar_subquery())


@compiles(shares)
def _one_in_json(element: shares, compiler: SQLCompiler, **kw: Any) -> str:
    column, chosen = (compiler.process(part, **kw) for part in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({column}) AS item WHERE item.value IN {chosen})"


@compiles(shares, "postgresql")
def _one_in_array(element: shares, compiler: SQLCompiler, **kw: Any) -> str:
    column, chosen = (compiler.process(part, **kw) for part in element.clauses)
    return f"{column} && ARRAY{chosen}"


class among(FunctionElement[bool]):  # noqa: N801 - reads as an operator
    """`column` is one of the ids bound to `name`: an array on PostgreSQL, a JSON list on SQLite, one statement text."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, name: str) -> None:
        """Compare `column` with the list parameter `name`."""
        super().__init__(column, bindparam(name, type_=Ids()))


@compiles(among)
def _in_json(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} IN (SELECT value FROM json_each({compiler.process(values, **kw)}))"


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    named = compiler.process(values, **kw)
    if values.key in kw.get("single", ()):
        return f"{compiler.process(column, **kw)} = ({named})[1]"
    return f"{compiler.process(column, **kw)} = ANY ({named})"


class listed(FunctionElement[bool]):  # noqa: N801 - reads as an operator
    """`column` is one of the ids in the list that another column holds."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: Any, ids: Any) -> None:
        """Compare `column` with the list column `ids`."""
        super().__init__(column, ids)


@compiles(listed)
def _listed_in_json(element: listed, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


@compiles(listed, "postgresql")
def _listed_in_array(element: listed, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in element.clauses)
    return f"{column} = ANY ({ids})"


class gathered(FunctionElement[list[UUID]]):  # noqa: N801 - reads as an aggregate
    """The ids of a group of rows as one list: an array on PostgreSQL, a JSON list on SQLite."""

    inherit_cache = True
    type = Ids()

    def __init__(self, column: Any) -> None:
        """Gather the ids of `column`."""
        super().__init__(column)


@compiles(gathered)
def _json_of(element: gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **kw)})"


@compiles(gathered, "postgresql")
def _array_of(element: gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce(array_agg({compiler.process(element.clauses, **kw)}), '{{}}')"


class within_list(FunctionElement[list[UUID]]):  # noqa: N801 - reads as an operator
    """Those of the ids in the list `column` that `chosen` selects, in the order of the list."""

    inherit_cache = True
    type = Ids()

    def __init__(self, column: Any, chosen: Select[Any] | CompoundSelect[Any]) -> None:
        """Keep the items of `column` that are rows of a statement of one column."""
        super().__init__(column, chosen.scalar_subquery())


@compiles(within_list)
def _kept_of_json(element: within_list, compiler: SQLCompiler, **kw: Any) -> str:
    column, chosen = (compiler.process(part, **kw) for part in element.clauses)
    kept = f"SELECT item.value FROM json_each({column}) AS item WHERE item.value IN {chosen} ORDER BY item.key"
    return f"(SELECT json_group_array(value) FROM ({kept}))"


@compiles(within_list, "postgresql")
def _kept_of_array(element: within_list, compiler: SQLCompiler, **kw: Any) -> str:
    column, chosen = (compiler.process(part, **kw) for part in element.clauses)
    item = f"unnest({column}) WITH ORDINALITY AS item (value, place)"
    return f"ARRAY(SELECT item.value FROM {item} WHERE item.value IN {chosen} ORDER BY item.place)"


class length(FunctionElement[int]):  # noqa: N801 - reads as a function
    """How many ids a list holds."""

    inherit_cache = True
    type = Integer()

    def __init__(self, column: Any) -> None:
        """Count the ids of `column`."""
        super().__init__(column)


@compiles(length)
def _json_length(element: length, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_length({compiler.process(element.clauses, **kw)})"


@compiles(length, "postgresql")
def _array_length(element: length, compiler: SQLCompiler, **kw: Any) -> str:
    return f"cardinality({compiler.process(element.clauses, **kw)})"
