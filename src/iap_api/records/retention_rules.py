"""Retention rules over HTTP: how long each class of records is kept, by default and by the trust's own choice."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

import msgspec
from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE, Listed
from iap_api.access.scope import among
from iap_api.core.errors import Invalid, NotFound, Stale, problems
from iap_api.core.pages import Page
from iap_api.core.preconditions import etag, matches
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Id, Note, Shape
from iap_api.records.schedule import CLASSES, RecordClass
from iap_api.records.tables import RetentionRule
from iap_api.schools.tables import School, Trust

routes = Routes("/v1/retention-rules", "records")
# two who change a rule for the first time both write its row: the second saw an older version
refuse("uq_retention_rules_trust_id_record_class", Stale)
refuse("pk_retention_rules", Stale)


class RetentionRuleRead(Shape):
    """One class of records of one trust: kept until the pupil's birthday so many years after birth."""

    id: UUID
    version: int
    trust_id: UUID
    record_class: str
    years_after_birth: int
    reason: str | None
    default_years: int
    least_years: int
    most_years: int
    source: str
    verified: bool


class RetentionRuleChange(Body):
    """How long, and why it differs from the default (merge patch)."""

    years_after_birth: Annotated[int, Field(ge=1, le=150)]
    reason: Note


def _rule_id(trust_id: UUID, name: str) -> UUID:
    # every trust has every rule before anybody wrote it down
    return uuid5(trust_id, name)


def _item(trust_id: UUID, of: RecordClass, row: RetentionRule | None) -> dict[str, Any]:
    return {
        "id": _rule_id(trust_id, of.name),
        "version": row.version if row else 1,
        "trust_id": trust_id,
        "record_class": of.name,
        "years_after_birth": row.years if row else of.years,
        "reason": row.reason if row else None,
        "default_years": of.years,
        "least_years": of.least,
        "most_years": of.most,
        "source": of.source,
        "verified": of.tag == "verified",
    }


def _answer(caller: Caller, document: dict[str, Any], version: int) -> Response:
    shown = msgspec.json.encode(document)
    tag = etag(version, shown)
    headers = {**PRIVATE, "ETag": tag}
    if caller.request.method == "GET" and matches(caller.request.headers.get("if-none-match"), tag):
        return Response(None, 304, headers)
    return Response(shown, 200, headers, "application/json")


async def _trusts(caller: Caller) -> Sequence[UUID]:
    of_schools = select(col(School.trust_id)).where(among(School.id, "scope_around"))
    wanted = select(col(Trust.id)).where(or_(among(Trust.id, "scope_trusts"), col(Trust.id).in_(of_schools)))
    return (await caller.session.execute(wanted.order_by(col(Trust.id)), caller.scope.binds())).scalars().all()


async def _rows(caller: Caller, trusts: Sequence[UUID], *, lock: bool = False) -> dict[UUID, RetentionRule]:
    wanted = select(RetentionRule).where(col(RetentionRule.trust_id).in_(trusts))
    rows = (await caller.session.execute(wanted.with_for_update() if lock else wanted)).scalars()
    return {row.id: row for row in rows}


@routes.get("", response_model=Listed[RetentionRuleRead], summary="List retention rules")
async def list_retention_rules(
    caller: Annotated[Caller, may(Permission.retention_read)], page: Annotated[Page, Query()]
) -> Response:
    """How long each class of records is kept, in the trusts of the caller's schools.

    `verified` says whether the default stands in a published schedule (`source`) or is a choice of this software
    that the trust should look at. The ledger is not among them: it names a pupil by id only, and is kept whole.
    """
    trusts = await _trusts(caller)
    rows = await _rows(caller, trusts)
    items = [_item(trust, of, rows.get(_rule_id(trust, of.name))) for trust in trusts for of in CLASSES]
    items.sort(key=lambda item: item["id"])
    if page.after:
        after = caller.cursors.read(page.after, _bound_to(caller))
        items = [item for item in items if item["id"] > after]
    following = None
    if len(items) > page.limit:
        cursor = caller.cursors.sign(items[page.limit - 1]["id"], _bound_to(caller))
        following = f"{caller.request.scope['path']}?{urlencode({'limit': page.limit, 'after': cursor})}"
    answer = _answer(caller, {"items": items[: page.limit], "next": following}, 1)
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def _bound_to(caller: Caller) -> str:
    return f"{caller.account_id}|{caller.request.scope['path']}"


async def _found(caller: Caller, rule_id: UUID, trusts: Sequence[UUID]) -> tuple[UUID, RecordClass]:
    for trust_id in trusts:
        for of in CLASSES:
            if _rule_id(trust_id, of.name) == rule_id:
                return trust_id, of
    raise NotFound()


@routes.get("/{retention_rule_id}", response_model=RetentionRuleRead, summary="Read a retention rule")
async def read_retention_rule(
    caller: Annotated[Caller, may(Permission.retention_read)], retention_rule_id: Id
) -> Response:
    """One class of records of one trust."""
    trust_id, of = await _found(caller, retention_rule_id, await _trusts(caller))
    row = (await _rows(caller, [trust_id])).get(retention_rule_id)
    return _answer(caller, _item(trust_id, of, row), row.version if row else 1)


@routes.patch(
    "/{retention_rule_id}", response_model=RetentionRuleRead, summary="Lengthen or shorten how long records are kept",
    openapi_extra=problems(Stale),
)  # fmt: skip
async def change_retention_rule(
    caller: Annotated[Caller, may(Permission.retention_write)], retention_rule_id: Id, body: RetentionRuleChange
) -> Response:
    """Set the years for the whole trust, within the bounds of the class, and say why (merge patch)."""
    trust_id, of = await _found(caller, retention_rule_id, caller.scope.trusts)
    rows = await _rows(caller, [trust_id], lock=True)
    row = rows.get(retention_rule_id)
    fresh = row is None
    if row is None:
        row = RetentionRule(id=retention_rule_id, trust_id=trust_id, record_class=of.name, years=of.years)
    caller.expected(row)
    if not of.least <= body.years_after_birth <= of.most:
        raise Invalid(errors=[("/years_after_birth", f"must lie between {of.least} and {of.most}")])
    values = {"years": body.years_after_birth, "reason": body.reason}
    if fresh:
        caller.session.add(row)
        await caller.session.flush()
    await caller.change(row, values, trust_id, resource="retention_rule")
    return _answer(caller, _item(trust_id, of, row), row.version)
