"""The fast way to answer, which is the shortest to write too: a shape, its table and its row filter, bytes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar, cast, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, Uuid, bindparam, select
from sqlmodel import SQLModel
from starlette.responses import Response

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.access.scope import ONE_SCHOOL, among
from iap_api.access.telling import Told
from iap_api.core.errors import NotFound
from iap_api.core.pages import Page
from iap_api.core.preconditions import etag, matches
from iap_api.core.shapes import Shape
from iap_api.core.transactions import Prepared

S = TypeVar("S", bound=Shape)
Visible = Callable[[frozenset[str]], ColumnElement[bool]]
Filter = Callable[[ColumnElement[Any]], ColumnElement[bool]]
PRIVATE = {"Cache-Control": "private, no-store"}
# every reading, so that what can be read is known by its definition and from no second list
EVERY: list["Reading[Any]"] = []


class Listed(Shape, Generic[S]):
    """One page of a list."""

    items: list[S]
    next: str | None


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the shape of a member that is a section, or None."""
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


@dataclass(frozen=True)
class _Plan:
    prepared: Prepared
    names: tuple[str, ...]
    sections: tuple[tuple[str, tuple[str, ...], int, int], ...]
    pupil_at: int | None
    school_at: int

    @property
    def statement(self) -> Select[Any]:
        """The statement as it was built."""
        return cast(Select[Any], self.prepared.statement)

    @cached_property
    def render(self) -> Callable[[Sequence[Any]], dict[str, Any]]:
        """The function that makes a row into an item: written out once, as a person would write it by hand."""
        cells = [f"{name!r}: row[{at}]" for at, name in enumerate(self.names)]
        for section, names, start, _stop in self.sections:
            inner = ", ".join(f"{name!r}: row[{start + at}]" for at, name in enumerate(names))
            cells.append(f"{section!r}: {{{inner}}}")
        made: Callable[[Sequence[Any]], dict[str, Any]] = eval(f"lambda row: {{{', '.join(cells)}}}")  # noqa: S307 - names of our own shapes
        return made


@dataclass(frozen=True, eq=False)
class Reading(Generic[S]):
    """How one resource is read: columns follow the shape's field names, sections follow the policy.

    `visible` gives the row filter for the kinds of reach a caller has; `also` gives columns that are not the table's
    own; `joined` adds joins; `filters` are the list's query parameters; `sections` names the permission of each
    section (a nested shape); `finish` completes a rendered item; `pupil` is the column that tells whom a row is about;
    `opened_to` is the filter for the rows of which sections are shown, where it is not `visible`; `by_reach` gives
    columns that show more or less by the kinds of reach, and where `pupil` is one of them, it is about those shown.
    """

    shape: type[S]
    table: type[SQLModel]
    visible: Visible
    resource: str
    school: Any
    pupil: Any = None
    also: Mapping[str, Any] = field(default_factory=dict)
    by_reach: Mapping[str, Callable[[frozenset[str]], Any]] = field(default_factory=dict)
    joined: Callable[[Select[Any]], Select[Any]] = lambda statement: statement
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sections: Mapping[str, Permission] = field(default_factory=dict)
    finish: Callable[[dict[str, Any]], None] | None = None
    opened_to: Visible | None = None

    def __post_init__(self) -> None:
        """Enter the reading among all."""
        EVERY.append(self)

    def _column(self, name: str, kinds: frozenset[str] = frozenset()) -> Any:
        if name in self.by_reach:
            return self.by_reach[name](kinds)
        return self.also[name] if name in self.also else getattr(self.table, name)

    @lru_cache(maxsize=512)  # noqa: B019 - readings live as long as the process
    def plan(self, kinds: frozenset[str], sections: frozenset[str], filters: frozenset[str], form: str) -> _Plan:
        """Build, once, the statement for one kind of caller, its sections and its filters."""
        plain: list[str] = []
        nested: list[tuple[str, type[BaseModel]]] = []
        for name, info in self.shape.model_fields.items():
            section = section_of(info.annotation) if name not in self.also else None
            if section is None:
                plain.append(name)
            elif name not in self.sections or name in sections:
                nested.append((name, section))
        columns = [self._column(name, kinds).label(name) for name in plain]
        placed = []
        for name, section in nested:
            inner = tuple(section.model_fields)
            placed.append((name, inner, len(columns), len(columns) + len(inner)))
            columns += [self._column(one).label(f"{name}_{one}") for one in inner]
        school_at = len(columns)
        columns.append(self.school.label("in_school"))
        pupil_at = None
        if self.by_reach and self.pupil.key in self.by_reach:
            pupil_at = plain.index(self.pupil.key)
        elif self.pupil is not None:
            pupil_at = len(columns)
            columns.append(self.pupil.label("about_pupil"))
        ident = self._column("id")
        statement = self.joined(select(*columns)).where(self.visible(kinds))
        for name in sorted(filters):
            statement = statement.where(self.filters[name](bindparam(name)))
        if form == "one":
            statement = statement.where(ident == bindparam("wanted", type_=Uuid()))
        elif form == "chosen":
            statement = statement.where(among(ident, "chosen"))
        else:
            if form == "after":
                statement = statement.where(ident > bindparam("after", type_=Uuid()))
            statement = statement.order_by(ident).limit(bindparam("limit"))
        single = frozenset({"scope_schools"}) if ONE_SCHOOL in kinds else frozenset()
        return _Plan(Prepared(statement, single), tuple(plain), tuple(placed), pupil_at, school_at)

    def _shown(self, caller: Caller) -> frozenset[str]:
        return frozenset(name for name, permission in self.sections.items() if caller.holds(permission))

    def _render(self, plan: _Plan, row: Sequence[Any], hidden: Mapping[str, frozenset[UUID]]) -> dict[str, Any]:
        item = plan.render(row)
        for section, shown in hidden.items():
            if item["id"] not in shown:
                item.pop(section, None)
        if self.finish:
            self.finish(item)
        return item

    async def _hidden(self, caller: Caller, rows: Sequence[Sequence[Any]]) -> dict[str, frozenset[UUID]]:
        """Return, for sections that reach less far than the reading itself, the rows they may be shown of.

        Only somebody with several roles has such sections: one role opens a section as far as it opens the record.
        """
        if not self.sections or not rows or len({one.role for one in caller.held}) < 2:
            return {}
        found = {}
        for section, permission in self.sections.items():
            scope = caller.may(permission)
            if scope is not None and scope != caller.scope:
                statement = self.ids(scope.kinds)
                shown = await caller.rows(statement, {**scope.binds(), "chosen": [row[0] for row in rows]})
                found[section] = frozenset(row[0] for row in shown)
        return found

    @lru_cache(maxsize=64)  # noqa: B019 - readings live as long as the process
    def ids(self, kinds: frozenset[str]) -> Prepared:
        """Build, once, the statement that says which of some rows are within one kind of reach."""
        ident = self._column("id")
        return Prepared(select(ident).where(among(ident, "chosen"), (self.opened_to or self.visible)(kinds)))

    async def one(self, caller: Caller, wanted: UUID, *, status: int = 200, location: str | None = None) -> Response:
        """Answer one row within reach, with its ETag; raises `NotFound` for absent and out of reach alike."""
        plan = self.plan(caller.scope.kinds, self._shown(caller), frozenset(), "one")
        rows = await caller.rows(plan.prepared, {**caller.scope.binds(), "wanted": wanted})
        if not rows:
            raise NotFound()
        item = self._render(plan, rows[0], await self._hidden(caller, rows))
        return self._answer(caller, plan, rows[0], item, status, location)

    def made(
        self, caller: Caller, record: SQLModel | Mapping[str, Any], *, status: int = 201, location: str | None = None
    ) -> Response:
        """Answer a row that this request has just written; only for shapes whose columns are all the table's own."""
        row = record if isinstance(record, Mapping) else dict(record)
        item = {name: row[name] for name in self.shape.model_fields}
        if self.pupil is not None and not caller.noted(item["id"]):
            caller.saw(self.resource, row[self.school.key], _flat([row[self.pupil.key]]), item["id"])
        return self._sent(caller, item, status, location)

    def _answer(
        self, caller: Caller, plan: _Plan, row: Sequence[Any], item: dict[str, Any], status: int, location: str | None
    ) -> Response:
        # a replayed creation and a change of nothing show the row too, and have noted nothing else about it
        if plan.pupil_at is not None and not caller.noted(item["id"]):
            caller.saw(self.resource, row[plan.school_at], _flat([row[plan.pupil_at]]), item["id"])
        return self._sent(caller, item, status, location)

    def _sent(self, caller: Caller, item: dict[str, Any], status: int, location: str | None) -> Response:
        shown = msgspec.json.encode(item)
        tag = etag(item.get("version", 1), shown)
        headers = {**PRIVATE, "ETag": tag}
        if location:
            headers["Location"] = location
        if caller.request.method == "GET" and matches(caller.request.headers.get("if-none-match"), tag):
            return Response(None, 304, headers)
        return Response(shown, status, headers, "application/json")

    async def page(self, caller: Caller, page: Page, *, also: Mapping[str, Any] | None = None) -> Response:
        """Answer one page of the rows within reach, in the order they were made."""
        filters = {**page.filters(), **(also or {})}
        asked_for = sorted((name, str(value)) for name, value in filters.items())
        bound_to = f"{caller.account_id}|{caller.request.scope['path']}|{asked_for}"
        binds = {**caller.scope.binds(), **filters, "limit": page.limit + 1}
        if page.after:
            binds["after"] = caller.cursors.read(page.after, bound_to)
        plan = self.plan(
            caller.scope.kinds, self._shown(caller), frozenset(filters), "after" if page.after else "first"
        )
        rows = await caller.rows(plan.prepared, binds)
        more = len(rows) > page.limit
        rows = rows[: page.limit]
        hidden = await self._hidden(caller, rows)
        items = [self._render(plan, row, hidden) for row in rows]
        self._note(caller, plan, rows)
        headers = dict(PRIVATE)
        following = None
        if more:
            asked = [pair for pair in caller.request.query_params.multi_items() if pair[0] != "after"]
            cursor = caller.cursors.sign(items[-1]["id"], bound_to)
            following = f"{caller.request.scope['path']}?{urlencode([*asked, ('after', cursor)])}"
            headers["Link"] = f'<{following}>; rel="next"'
        return Response(msgspec.json.encode({"items": items, "next": following}), 200, headers, "application/json")

    async def chosen(self, caller: Caller, wanted: list[UUID]) -> Response:
        """Answer these rows, in this order, as far as they are within reach (a search has found them)."""
        plan = self.plan(caller.scope.kinds, self._shown(caller), frozenset(), "chosen")
        rows = await caller.rows(plan.prepared, {**caller.scope.binds(), "chosen": wanted})
        place = {one: at for at, one in enumerate(wanted)}
        hidden = await self._hidden(caller, rows)
        items = sorted((self._render(plan, row, hidden) for row in rows), key=lambda item: place[item["id"]])
        self._note(caller, plan, rows)
        return Response(msgspec.json.encode({"items": items, "next": None}), 200, dict(PRIVATE), "application/json")

    def _note(self, caller: Caller, plan: _Plan, rows: Sequence[Sequence[Any]]) -> None:
        if plan.pupil_at is None:
            return
        seen: dict[UUID, list[UUID]] = {}
        pupil_at, school_at = plan.pupil_at, plan.school_at
        for row in rows:
            about = row[pupil_at]
            if about is not None:
                several = seen.setdefault(row[school_at], [])
                several.extend(about) if isinstance(about, list) else several.append(about)
        for school_id, pupil_ids in seen.items():
            if pupil_ids:
                caller.saw(self.resource, school_id, dict.fromkeys(pupil_ids))


def _flat(values: Sequence[Any]) -> list[UUID]:
    found: list[UUID] = []
    for value in values:
        if isinstance(value, list):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found


async def for_change(caller: Caller, table: Any, wanted: UUID, visible: Visible) -> Any:
    """Return the row within reach, locked for this transaction and checked against If-Match.

    Raises `NotFound`, `IfMatchNeeded` (428) and `Stale` (412).
    """
    statement = (
        select(table)
        .where(table.id == bindparam("wanted", type_=Uuid()))
        .where(visible(caller.scope.kinds))
        .with_for_update(of=table)
    )
    row = (await caller.session.execute(statement, {**caller.scope.binds(), "wanted": wanted})).scalar_one_or_none()
    if row is None:
        raise NotFound()
    caller.expected(row)
    return row


def within_school(column: Any) -> Visible:
    """Return the filter for rows that belong to a school and are about no pupil."""
    return Told(lambda _kinds: among(column, "scope_around"), {"school": "{Things} of {place}."})
