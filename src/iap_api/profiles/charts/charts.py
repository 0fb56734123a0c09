"""Pictures over HTTP: the histogram of a profile, a pupil's line and a group's heat map, in the form a client takes."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core.accepting import chosen
from iap_api.core.errors import NotAcceptable, problems
from iap_api.core.preconditions import etag, matches
from iap_api.core.routes import JSON, Routes
from iap_api.core.shapes import Id
from iap_api.core.sheets.answering import MEDIA, answer_sheet
from iap_api.core.sheets.sheet import Sheet
from iap_api.core.transactions import Prepared
from iap_api.profiles import scoring
from iap_api.profiles.charts.group_chart import Cell, GroupColumn, Row, ToldGroup, group_chart
from iap_api.profiles.charts.line_chart import SectionLine, ToldLine, TotalAt, line_chart
from iap_api.profiles.charts.profile_chart import profile_chart
from iap_api.profiles.charts.profile_report import profile_report
from iap_api.profiles.charts.told_profile import told_profile
from iap_api.profiles.charts.vega_lite import Spec, group_spec, line_spec, profile_spec
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.group_figures import figures_of, is_need
from iap_api.profiles.group_profiles import Group, GroupAsked, Profiled, group_of
from iap_api.profiles.library import definition_of
from iap_api.profiles.profile_record import find, given_answers
from iap_api.profiles.pupil_line import Line, LineAsked, line_of
from iap_api.profiles.reliable_change import Judged, judged
from iap_api.profiles.results import NotComparable, comparable, kept_scores
from iap_api.pupils.initials import initials
from iap_api.pupils.tables import Pupil

routes = Routes("/v1", "profiles")
VEGA_LITE = "application/vnd.vegalite.v5+json"
Form = Literal["vega-lite", "svg", "png", "pdf"]
_OFFERED: dict[str, Form] = {
    VEGA_LITE: "vega-lite",
    JSON: "vega-lite",
    MEDIA["svg"]: "svg",
    MEDIA["png"]: "png",
    MEDIA["pdf"]: "pdf",
}
_AS = Annotated[
    Form | None, Field(description="The form, for an address that stands in a page; without it, Accept decides.")
]
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture", "content": {one: {} for one in _OFFERED}}
}


class ChartAsked(BaseModel):
    """With which profile behind it, and in which form."""

    model_config = ConfigDict(extra="forbid")

    compare: Annotated[
        Id | None, Field(description="Another completed profile of the pupil: the earlier one stands behind.")
    ] = None
    format: _AS = None


class LineChartAsked(LineAsked):
    """With which instrument, and in which form."""

    format: _AS = None


class GroupChartAsked(GroupAsked):
    """Which group, with which instrument, and in which form."""

    format: _AS = None


@routes.get(
    "/profiles/{profile_id}/chart",
    summary="Draw a profile",
    response_class=Response,
    responses=_PICTURE,
    openapi_extra=problems(NotComparable),
)
async def read_profile_chart(
    caller: Annotated[Caller, may(Permission.profile_read)], profile_id: Id, asked: Annotated[ChartAsked, Query()]
) -> Response:
    """The histogram of a profile with its usual ranges; as a PDF, a report of one page. Accept says in which form.

    The pupil is named by initials alone. With `compare`, whichever of the two was observed earlier stands behind.
    """
    media = _media(caller, asked.format)
    profile = await find(caller, profile_id)
    definition = await definition_of(caller.session, profile.instrument_id)
    whose = await _initials(caller, profile.pupil_id)
    changes: Sequence[Judged] = ()
    if asked.compare:
        earlier, later, found = await comparable(caller, profile, asked.compare)
        before, scores = kept_scores(earlier), kept_scores(later)
        changes = judged(definition, found.sections)
        caller.saw("profile", earlier.school_id, [earlier.pupil_id], earlier.id)
        profile = later
    else:
        earlier, before, scores = None, None, kept_scores(profile)
    if scores is None:
        given = {item: row.value for item, row in (await given_answers(caller, profile.id)).items()}
        scores = scoring.score(definition, given, profile.norm_version, profile.age_years)
    told = told_profile(
        definition, scores, whose, profile.observed_on, profile.age_years, draft=profile.status == "draft",
        earlier=before, earlier_on=earlier.observed_on if earlier else None,
    )  # fmt: skip
    caller.saw("profile", profile.school_id, [profile.pupil_id], profile.id)

    def drawn() -> Sheet:
        if media == MEDIA["pdf"]:
            return profile_report(told, [one.title for one in definition.sections], changes)
        return profile_chart(told)

    return await _answer(caller, media, "profile", lambda: profile_spec(told), drawn)


@routes.get(
    "/pupils/{pupil_id}/profile-line/chart",
    summary="Draw the profiles of a pupil as a line",
    response_class=Response,
    responses=_PICTURE,
)
async def read_profile_line_chart(
    caller: Annotated[Caller, may(Permission.profile_read)], pupil_id: Id, asked: Annotated[LineChartAsked, Query()]
) -> Response:
    """The total of each section over time; a step in a frame is more than chance, a dashed one is not on one ruler."""
    media = _media(caller, asked.format)
    line = await line_of(caller, pupil_id, asked.instrument_id)
    definition = line.points[-1].definition if line.points else await definition_of(caller.session, asked.instrument_id)
    told = _told_line(line, definition, await _initials(caller, pupil_id))
    return await _answer(caller, media, "profile-line", lambda: line_spec(told), lambda: line_chart(told))


def _told_line(line: Line, definition: Definition, whose: str) -> ToldLine:
    sections = []
    for section in definition.sections:
        totals = []
        for point, step in zip(line.points, line.steps, strict=True):
            mine = next((one for one in point.scores.sections if one.key == section.key), None)
            if mine is None:
                continue
            found = next((one for one in (step.sections if step else None) or () if one.key == section.key), None)
            totals.append(
                TotalAt(
                    point.observed_on, mine.total, mine.maximum, found.change if found else None,
                    found.reliable if found else None, step.reason if step else None,
                )
            )  # fmt: skip
        sections.append(SectionLine(section.title, section.direction, totals))
    return ToldLine(definition.title, whose, sections)


@routes.get(
    "/group-profiles/chart",
    summary="Draw the profiles of a group",
    response_class=Response,
    responses=_PICTURE,
)
async def read_group_profile_chart(
    caller: Annotated[Caller, may(Permission.profile_read)], asked: Annotated[GroupChartAsked, Query()]
) -> Response:
    """The heat map of the pupils within reach, most in need first, with the three strands to plan for."""
    media = _media(caller, asked.format)
    told = _told_group(await group_of(caller, asked))
    return await _answer(caller, media, "group-profile", lambda: group_spec(told), lambda: group_chart(told))


def _told_group(group: Group) -> ToldGroup:
    figures, plan_for = figures_of(group.definition, group.norm, [one.member() for one in group.profiled])
    rank = {one.key: at for at, one in enumerate(plan_for, 1)}
    titles = {t.key: t.title for s in group.definition.sections for c in s.clusters for t in c.strands}
    short = all(len(one.key) <= 3 for one in figures)
    columns = [
        GroupColumn(one.key if short else str(at), titles[one.key], len(one.in_need_pupil_ids), rank.get(one.key))
        for at, one in enumerate(figures, 1)
    ]
    rows = [_row(one, group) for one in group.profiled]
    rows.sort(key=lambda one: -one.needs)
    norms = group.norm.version if group.norm else None
    return ToldGroup(group.definition.title, norms, len(group.without), columns, rows)


def _row(one: Profiled, group: Group) -> Row:
    bands = group.norm.bands_at(one.age_years) if group.norm else {}
    cells = []
    for strand in one.scores.strands if one.scores else ():
        side = scoring.status_of(strand.direction, strand.total, bands.get(strand.key))
        cells.append(Cell(strand.total, side, is_need(strand.direction, side)))
    return Row(initials(one.given_name, one.family_name), cells)


_NAMES = Prepared(
    select(col(Pupil.given_name), col(Pupil.family_name)).where(col(Pupil.id) == bindparam("pupil", type_=Uuid()))
)


async def _initials(caller: Caller, pupil_id: UUID) -> str:
    ((given_name, family_name),) = await caller.rows(_NAMES, {"pupil": pupil_id})
    return initials(given_name, family_name)


def _media(caller: Caller, named: Form | None) -> str:
    """Return the media type that is asked for; raises `NotAcceptable`."""
    if named:
        return next(media for media, form in _OFFERED.items() if form == named)
    media = chosen(caller.request.headers.get("accept"), list(_OFFERED))
    if media is None:
        raise NotAcceptable(f"Ask for one of: {', '.join(_OFFERED)}.")
    return media


async def _answer(
    caller: Caller, media: str, name: str, spec: Callable[[], Spec], sheet: Callable[[], Sheet]
) -> Response:
    headers = {**PRIVATE, "Vary": "Accept"}
    if_none_match = caller.request.headers.get("if-none-match")
    form = _OFFERED[media]
    if form != "vega-lite":
        title = name.replace("-", " ").capitalize()
        return await answer_sheet(sheet(), form, name, title, if_none_match=if_none_match, headers=headers)
    made = msgspec.json.encode(spec())
    headers["ETag"] = etag(1, made)
    if matches(if_none_match, headers["ETag"]):
        return Response(None, 304, headers)
    return Response(made, 200, headers, media)
