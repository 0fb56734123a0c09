"""Suggestions over HTTP: what may help one pupil, with the reasons and their points (docs/suggestions.md)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from fastapi import Query, Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core import clock
from iap_api.core.preconditions import etag, matches
from iap_api.core.routes import JSON, Routes
from iap_api.core.shapes import Id
from iap_api.profiles.definition import Instrument, shipped_instrument
from iap_api.profiles.library import definition_of
from iap_api.profiles.profile_record import completed_years
from iap_api.pupils.scope import school_between
from iap_api.toolbox.catalogue.allergies import named_in
from iap_api.toolbox.catalogue.entries import RESOURCES, STRATEGIES
from iap_api.toolbox.suggesting import evidence
from iap_api.toolbox.suggesting.points import Need, Reason, Record, Zones, needs_of, ranked, reasons_for
from iap_api.toolbox.suggesting.sentences import told, told_of_zones
from iap_api.toolbox.suggesting.suggestion_shapes import SuggestionsAsked, SuggestionsRead

routes = Routes("/v1/pupils/{pupil_id}", "toolbox")
_SHIPPED = shipped_instrument("bubble-semh-1")
_CLUSTER_OF = {t.key: c.key for s in _SHIPPED.sections for c in s.clusters for t in c.strands}
_ORDER = ("resource", "strategy", "catalogue")


class Candidate(NamedTuple):
    """Something that could be suggested, with its tags."""

    kind: str
    key: str | None
    resource_id: UUID | None
    title: str
    strands: Sequence[str]
    clusters: Sequence[str]
    zones: Sequence[str]
    allergens: Sequence[str] = ()
    left: int | None = None


@routes.get("/suggestions", response_model=SuggestionsRead, summary="Suggest what may help a pupil")
async def read_suggestions(
    caller: Annotated[Caller, may(Permission.profile_read)], pupil_id: Id, asked: Annotated[SuggestionsAsked, Query()]
) -> Response:
    """Strategies, what the school has and what it could take over, ranked by points that can be added up by hand.

    Points come from the strands of need in the latest completed profile, the zones of the last 28 days, and how often
    something has worked for this pupil; nothing is claimed under five. People who know the pupil decide.
    """
    file_school_id, born_on = await evidence.pupil_of(caller, pupil_id)
    profile = await evidence.latest_profile(caller, pupil_id)
    definition = await definition_of(caller.session, profile.instrument_id) if profile else _SHIPPED
    needs = _needs(profile, definition)
    zones, records = await evidence.zones_and_uses(caller, pupil_id)
    shown, entered, note = await evidence.allergies_of(caller, pupil_id)
    candidates = _candidates(
        await evidence.in_cupboard(caller, pupil_id), completed_years(born_on, clock.today()), asked.kind
    )
    held = await evidence.in_toolbox(caller, pupil_id)
    allergic_to = entered | named_in(note)
    fitting = [one for one in candidates if not allergic_to.intersection(one.allergens)]
    best = _ranked(fitting, needs, zones, records)[: asked.limit]
    titles = _titles(definition)
    answer: dict[str, Any] = {
        "pupil_id": pupil_id,
        "profile": _profile_used(profile, definition, needs, titles),
        "zones": _zones_used(zones),
        "suggestions": [
            {
                "kind": one.kind, "key": one.key, "resource_id": one.resource_id, "title": one.title, "points": points,
                "reasons": [{**msgspec.structs.asdict(why), "words": told(why, titles)} for why in reasons],
                "allergens": one.allergens, "left": one.left, "in_toolbox": one.resource_id in held,
            }
            for one, points, reasons in best
        ],
    }  # fmt: skip
    if shown:
        out = [one for one in candidates if allergic_to.intersection(one.allergens)]
        listed = [one.title for one, _, _ in best if (entered or note) and one.allergens]
        # only what would have been suggested is worth telling
        left_out = [one for one, _, _ in _ranked(out, needs, zones, records)]
        answer["health"] = {
            "allergies_noted": bool(entered) or note is not None,
            "left_out": [
                {"key": one.key, "resource_id": one.resource_id, "title": one.title,
                 "allergens": [code for code in one.allergens if code in allergic_to]} for one in left_out
            ],
            "to_check": listed,
        }  # fmt: skip
    caller.saw("suggestion", await school_between(caller, pupil_id, file_school_id), [pupil_id], pupil_id)
    return _sent(caller, answer)


def _candidates(cupboard: list[evidence.InCupboard], age: int, kind: str | None) -> list[Candidate]:
    # what the base or the school has already stands there as its own, not as something to take over as well
    taken = {one.catalogue_key for one in cupboard}
    found = [
        Candidate(
            "resource", one.catalogue_key, one.resource_id, one.name, one.strands,
            [_CLUSTER_OF[strand] for strand in one.strands], one.zones, one.allergens, one.left,
        )
        for one in cupboard
    ]  # fmt: skip
    found += [
        Candidate("strategy", one.key, None, one.title, one.strands, one.clusters, one.zones)
        for one in STRATEGIES.values()
        if one.age_years.youngest <= age <= one.age_years.oldest
    ]
    found += [
        Candidate("catalogue", one.key, None, one.name, one.strands, one.clusters, one.zones, one.allergens)
        for one in RESOURCES.values()
        if one.key not in taken
    ]
    return [one for one in found if kind in (None, one.kind)]


def _ranked(
    candidates: list[Candidate], needs: list[Need], zones: Zones, records: Mapping[UUID, Record]
) -> list[tuple[Candidate, int, Sequence[Reason]]]:
    return ranked(
        (
            one,
            reasons_for(one, needs, zones, records.get(one.resource_id) if one.resource_id else None),
            (_ORDER.index(one.kind), one.title, str(one.key or one.resource_id)),
        )
        for one in candidates
    )


def _needs(profile: evidence.LatestProfile | None, definition: Instrument) -> list[Need]:
    if profile is None:
        return []
    norm = next((one for one in definition.norms if one.version == profile.scores.norm_version), None)
    bands = norm.bands_at(profile.age_years) if norm else {}
    # the tags speak of the clusters of the shipped instrument, whatever another owner calls theirs
    strands = [msgspec.structs.replace(one, cluster=_CLUSTER_OF[one.key]) for one in profile.scores.strands]
    return needs_of(strands, bands)


def _titles(definition: Instrument) -> dict[str, str]:
    clusters = {c.key: c.title for s in _SHIPPED.sections for c in s.clusters}
    return clusters | {t.key: t.title for s in definition.sections for c in s.clusters for t in c.strands}


def _profile_used(
    profile: evidence.LatestProfile | None, definition: Instrument, needs: list[Need], titles: Mapping[str, str]
) -> dict[str, Any] | None:
    if profile is None:
        return None
    norm = next((one for one in definition.norms if one.version == profile.scores.norm_version), None)
    return {
        "profile_id": profile.profile_id,
        "observed_on": profile.observed_on,
        "instrument": profile.scores.instrument,
        "norm_version": profile.scores.norm_version,
        "norm_provisional": norm.provisional if norm else None,
        "needs": [{**msgspec.structs.asdict(one), "title": titles[one.strand]} for one in needs],
    }


def _zones_used(zones: Zones) -> dict[str, Any]:
    since_on = (clock.now() - evidence.LATELY).astimezone(clock.LONDON).date()
    return {"since_on": since_on, "records": zones.records, **zones.times, "words": told_of_zones(zones.records)}


def _sent(caller: Caller, answer: dict[str, Any]) -> Response:
    written = msgspec.json.encode(answer)
    headers = {**PRIVATE, "ETag": etag(1, written)}
    if matches(caller.request.headers.get("if-none-match"), headers["ETag"]):
        return Response(None, 304, headers)
    return Response(written, 200, headers, JSON)
