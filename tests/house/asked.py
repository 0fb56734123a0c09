"""How each operation is asked about one spot of the neighbourhood, and which spots each letter reaches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from iap_api.access.roles import Role
from tests.house import neighbourhood as near
from tests.house.contract import Operation
from tests.house.neighbourhood import Neighbourhood
from tests.house.who_may import DISTANCES
from tests.world import upn

# a valid number that no child here has
UNKNOWN_UPN = upn(99_999)
STALE = '"999.000000000000"'

# what each letter of who_may.md reaches of a kind of thing, for roles held at North Quay or its Bubble
REACHES: dict[str, dict[str, set[str]]] = {
    "pupil": {letter: set(spots) for letter, spots in DISTANCES.items()},
    # the dome is open to the whole school, but a base reads there only what names a pupil of its own
    "booking": {letter: set(spots) for letter, spots in DISTANCES.items()},
    "series": {letter: set(spots) for letter, spots in DISTANCES.items()},
    "space": {"b": {"base"}, "s": {"base", "hall", "next_base"}, "t": {"base", "hall", "next_base", "south"}},
    # what is there was made by the SENCO, so nothing of it is anybody's own
    "feed": {
        "o": set(),
        "b": {"base"},
        "s": {"base", "hall", "next_base"},
        "t": {"base", "hall", "next_base", "south"},
    },
    "trust": {"s": {"trust"}, "t": {"trust"}},
    "group": {"b": {"base"}, "s": {"base", "next_base"}, "t": {"base", "next_base", "south"}},
    "base": {"o": set(), "b": {"base"}, "s": {"base", "next_base"}, "t": {"base", "next_base", "south"}},
    "school": {"s": {"school"}, "t": {"school", "south"}},
    "instrument": {"s": {"trust"}, "t": {"trust"}},
    "request": {"s": {"kept_here", "asked_by_us"}},
    # an account, or a role held, at a school or at the trust itself
    "account": {"t": {"school", "south", "trust"}},
}
# a referrer works at the partner, which is in no trust and has none of these things
PARTNER: dict[str, set[str]] = {"school": {"partner"}}
_FAMILY = {
    "class": "school", "staff": "school", "account": "account", "client": "school", "held_role": "account",
    "academic_year": "school", "day_period": "school", "group": "group",
    "resource": "space", "closure": "space", "school": "school", "base": "base", "trust": "trust", "space": "space",
    "instrument": "instrument", "booking": "booking", "series": "series", "request": "request",
    "identity_provider": "trust", "calendar_feed": "feed", "identity": "school",
    "retention_rule": "trust", "retention_run": "school",
}  # fmt: skip


def family(kind: str) -> str:
    """By which distance a kind of thing is reached: most are about a pupil."""
    return _FAMILY.get(kind, "pupil")


def reached(name: str, role: Role, cell: str) -> set[str]:
    """The spots within reach; for the partner's referrer only its own school of the things that are no pupil's."""
    if role is Role.referrer and name != "pupil" and cell != "o":
        return PARTNER.get(name, set())
    return REACHES[name][cell]


Body = Callable[[Neighbourhood, str], dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """What to send; `reach` overrides the family of the thing in the path, `spots` where it makes sense."""

    body: Body | None = None
    reach: str | None = None
    spots: tuple[str, ...] | None = None
    query: Callable[[Neighbourhood, str], str] = lambda _n, _spot: ""


def _pupil(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"pupil_id": str(n.spots[spot].pupil)}


def _fixed(**members: Any) -> Body:
    return lambda _n, _spot: members


def _thing(kind: str) -> Callable[[Neighbourhood, str], str]:
    return lambda n, spot: str(n.ids[kind][spot])


def _new_pupil(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": _thing("school")(n, spot), "given_name": "Zed", "family_name": "Newcomer",
            "born_on": "2018-01-31", "sex": "M", "registered_from": "2026-11-01"}  # fmt: skip


def _placement(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_pupil(n, spot), "base_id": str(n.world.bubble), "from_on": "2026-11-02"}


def _caseload(n: Neighbourhood, spot: str) -> dict[str, Any]:
    account = str(n.spots["own"].on_caseload_of)
    return {**_pupil(n, spot), "account_id": account, "why": "granted", "from_on": "2026-11-02"}


def _booking(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**near.period(), "space_id": str(n.spots[spot].space), "purpose": "lesson",
            "pupil_ids": [str(n.spots[spot].pupil)]}  # fmt: skip


def _visit(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_pupil(n, spot), **near.new_visit(n.spots[spot].space)}


def _series(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_series(n.spots[spot])


def _space(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_at(n, spot), "name": "Quiet corner", "kind": "retreat", "places": 1}


def _at(n: Neighbourhood, spot: str) -> dict[str, Any]:
    school = {"south": n.world.south, "foreign": n.elsewhere.north}.get(spot, n.world.north)
    base = None if spot == "hall" else str(n.ids["base"][spot])
    return {"school_id": str(school), "base_id": base}


def _closure(n: Neighbourhood, spot: str) -> dict[str, Any]:
    closed = {"from_at": "2039-02-01T00:00:00Z", "until_at": "2039-02-02T00:00:00Z", "reason": "Snow"}
    return {**_at(n, spot), **closed}


def _feed(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"space_id": str(n.ids["space"][spot])}


def _resource(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_at(n, spot), "name": "Wobble cushion", "category": "movement"}


def _profile(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_pupil(n, spot), "instrument_id": str(n.ids["instrument"]["trust"]), "observed_on": "2026-11-02"}


def _use(n: Neighbourhood, spot: str) -> dict[str, Any]:
    kept = {"south": "south", "foreign": "foreign"}.get(spot, "hall")
    return {**_pupil(n, spot), "resource_id": str(n.ids["resource"][kept]), "started_at": "2026-11-03T10:00:00Z",
            "minutes": 5}  # fmt: skip


def _issue(n: Neighbourhood, spot: str) -> dict[str, Any]:
    kept = {"south": "south", "foreign": "foreign"}.get(spot, "hall")
    return {"resource_id": str(n.ids["resource"][kept])}


def _toolbox(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_pupil(n, spot), "base_id": str(n.spots[spot].base), "locker": f"again {spot}"}


def _review(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_pupil(n, spot), "kind": "early", "due_on": near.NEXT_YEAR}


def _request(n: Neighbourhood, spot: str) -> dict[str, Any]:
    # the office knows the child's UPN from the letter that came with them
    return {"school_id": _thing("school")(n, spot), "upn": UNKNOWN_UPN, "born_on": "2017-05-04",
            "kind": "referred", "from_on": "2026-11-02", "reason": "Starts on Monday."}  # fmt: skip


def _run(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": _thing("school")(n, spot)}


def _hold(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**_pupil(n, spot), **near.new_hold()}


def _rectification(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.said_wrong(n.spots[spot].pupil)


def _request_about(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_request(n.spots[spot].pupil)


def _marked(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_mark(n.spots[spot].pupil, "family_name")


def _role(n: Neighbourhood, _spot: str) -> dict[str, Any]:
    return {"role": "governor", "place_id": str(n.world.north)}


def _account(n: Neighbourhood, spot: str) -> dict[str, Any]:
    place = n.world.trust_id if spot == "trust" else n.ids["school"][spot]
    return {"username": f"new.{uuid4().hex}@world.example", "name": "New", "place_id": str(place)}


def _client(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_client(n.ids["school"][spot])  # type: ignore[arg-type]


def _provider(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_provider(n.ids["trust"][spot])


def _link(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_identity(n.ids["identity_provider"]["foreign" if spot == "foreign" else "trust"])


def _new_base(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": _thing("school")(n, spot), "name": "The Den", "places": 8, "opened_on": "2026-09-01"}


def _new_class(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_class(n.ids["school"][spot])  # type: ignore[arg-type]


def _new_year(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_academic_year(n.ids["school"][spot])


def _new_period(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_day_period(n.ids["school"][spot])


def _new_group(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return near.new_group(n, spot)


def _new_staff(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": _thing("school")(n, spot), "name": "Sam", "job": "Cook", "started_on": "2026-09-01"}


def _new_school(n: Neighbourhood, spot: str) -> dict[str, Any]:
    trust = n.elsewhere.trust_id if spot == "foreign" else n.world.trust_id
    return {"trust_id": str(trust), "name": "New School", "urn": str(uuid4().int)[:6]}


_SCHOOLS = ("school", "south", "foreign")
_SPACES = ("base", "hall", "next_base", "south", "foreign")
_PLACED = ("own", "mate", "next_base", "south", "foreign")
_EVERY = (*_PLACED, "school", "former")
_ENDED = _fixed(ended_on="2026-11-20")
_LAST_DAY = _fixed(until_on="2026-11-20")


def _invitation(n: Neighbourhood, _spot: str) -> dict[str, Any]:
    return {"role": "outside_professional", "name": f"Dr {uuid4()}", "expires_at": near.SOON}


_MAKING: dict[str, Asked] = {
    "pupil": Asked(_new_pupil, "school", _SCHOOLS),
    "registration_request": Asked(_request, "school", _SCHOOLS),
    "contact": Asked(lambda _n, _spot: near.new_contact(), "pupil", _EVERY),
    "placement": Asked(_placement, "pupil", _PLACED),
    "caseload": Asked(_caseload, "pupil", _EVERY),
    "zone_check_in": Asked(lambda n, spot: {**_pupil(n, spot), "zones": ["blue"]}, "pupil", _EVERY),
    "therapy_note": Asked(lambda n, spot: {**_pupil(n, spot), "text": "She drew."}, "pupil", _EVERY),
    "space": Asked(_space, "space", _SPACES),
    "calendar_feed": Asked(_feed, "feed", _SPACES),
    "booking": Asked(_booking, "pupil", _EVERY),
    "series": Asked(_series, "pupil", _EVERY),
    "closure": Asked(_closure, "space", _SPACES),
    "visit": Asked(_visit, "pupil", _EVERY),
    "restrictive_intervention": Asked(lambda n, spot: {**_pupil(n, spot), **near.new_intervention()}, "pupil", _EVERY),
    "school": Asked(_new_school, "trust", ("trust", "foreign")),
    "base": Asked(_new_base, "school", _SCHOOLS),
    "class": Asked(_new_class, "school", _SCHOOLS),
    "academic_year": Asked(_new_year, "school", _SCHOOLS),
    "group": Asked(_new_group, "group", ("base", "next_base", "south", "foreign")),
    "day_period": Asked(_new_period, "school", _SCHOOLS),
    "staff": Asked(_new_staff, "school", _SCHOOLS),
    "account": Asked(_account, "account", (*_SCHOOLS, "trust")),
    "client": Asked(_client, "school", _SCHOOLS),
    "identity_provider": Asked(_provider, "trust", ("trust", "foreign")),
    "instrument": Asked(lambda n, spot: near.new_instrument(n.ids["school"][spot]), "school", _SCHOOLS),  # type: ignore[arg-type]
    "profile": Asked(_profile, "pupil", _EVERY),
    "legal_hold": Asked(_hold, "pupil", _EVERY),
    "rectification": Asked(_rectification, "pupil", _EVERY),
    "retention_run": Asked(_run, "school", _SCHOOLS),
    "resource": Asked(_resource, "space", _SPACES),
    "toolbox": Asked(_toolbox, "pupil", _PLACED),
    "toolbox_item": Asked(_issue, "pupil", _PLACED),
    "use": Asked(_use, "pupil", _EVERY),
    "review": Asked(_review, "pupil", _EVERY),
    "contribution": Asked(lambda n, spot: near.said(n.ids["review"][spot]), "pupil", _EVERY),
    "target": Asked(lambda n, spot: near.aimed_at(n.ids["review"][spot]), "pupil", _EVERY),
    "addendum": Asked(_fixed(words="One thing more."), "pupil", _EVERY),
    "subject_request": Asked(_request_about, "pupil", _EVERY),
    "redaction": Asked(_marked, "pupil", _EVERY),
}
_ONE_DAY = "?from_at=2039-03-07T00:00:00Z&until_at=2039-03-08T00:00:00Z"
_NEXT_WEEK = "minutes=20&from_on=2039-03-07&until_on=2039-03-11&from_time=10:00&until_time=11:00&purpose=regulation"
HOW: dict[str, Asked] = {
    **{f"{verb}_{thing}": asked for verb in ("create", "put") for thing, asked in _MAKING.items()},
    "import_instrument": _MAKING["instrument"],
    "issue_toolbox_item": _MAKING["toolbox_item"],
    "search_pupils": Asked(_fixed(name="okafor")),
    "search_accounts": Asked(_fixed(username="nobody@world.example")),
    "set_safeguarding_flag": Asked(_fixed(safeguarding_flag=True)),
    "end_pupil": Asked(_fixed(ended_on="2026-11-20", reason="other")),
    "end_registration": Asked(_LAST_DAY),
    "end_placement": Asked(_LAST_DAY),
    "end_caseload": Asked(_LAST_DAY),
    "change_series": Asked(_fixed(scope="all", note="In the quiet corner.")),
    "end_series": Asked(_fixed(ended_on="2039-02-07")),
    "change_caseload": Asked(_fixed(until_on=None)),
    "change_zone_check_in": Asked(_fixed(zones=["blue"])),
    **{f"end_{thing}": Asked(_ENDED) for thing in ("contact", "space", "resource", "toolbox", "school", "base",
                                                   "class", "day_period", "group", "staff")},
    "end_visit": Asked(_fixed(zones_after=["green"])),
    "withdraw_restrictive_intervention": Asked(_fixed(withdrawn_why="It was another child.")),
    "stream_board": Asked(query=lambda _n, _spot: "?seconds=0"),
    "schedule_review": Asked(_fixed(scheduled_at="2026-12-01T09:00:00Z")),
    "hold_review": Asked(_fixed(held_at="2026-11-20T09:00:00Z", attendees=[{"role": "senco"}])),
    "close_review": Asked(_fixed(decision="continue", decision_note="It helps.", next_due_on=near.NEXT_YEAR)),
    "rate_target": Asked(_fixed(level=1)),
    "save_answers": Asked(_fixed(answers={"no-such-item": 1})),
    "correct_profile": Asked(_fixed(reason="A slip.")),
    "compare_profiles": Asked(query=lambda n, spot: f"?with={n.ids['profile'][spot]}"),
    "change_retention_rule": Asked(_fixed(years_after_birth=31, reason="Our solicitors ask for it.")),
    "change_legal_hold": Asked(_fixed(review_on=near.NEXT_YEAR)),
    "end_legal_hold": Asked(_fixed(ended_why="Settled.")),
    "decide_rectification": Asked(_fixed(decision="refused", decision_reason="It is what was seen.")),
    "read_plain_access_records": Asked(
        query=lambda n, spot: f"?pupil_id={n.spots[spot].pupil}", spots=("own", "south", "foreign")
    ),
    "find_pupil": Asked(_fixed(upn=UNKNOWN_UPN)),
    "check_requester_identity": Asked(_fixed(checked_on="2026-11-20", how="known in person")),
    "pause_subject_request": Asked(_fixed(why="clarification", from_on="2026-11-20", asked="Which years?")),
    "resume_subject_request": Asked(_fixed(until_on="2026-11-20")),
    "extend_subject_request": Asked(_fixed(told_on="2026-11-20", reason="Several schools.")),
    "acknowledge_subject_request": Asked(_fixed(acknowledged_on="2026-11-20")),
    "refuse_subject_request": Asked(_fixed(reason="Asked three times this month.")),
    "decide_redaction": Asked(_fixed(decision="shown")),
    "grant_role": Asked(_role),
    "link_identity": Asked(_link),
    "link_own_identity": Asked(
        _fixed(
            subject_token="x", subject_token_type="urn:ietf:params:oauth:token-type:jwt",
            current_password="a-long-enough-password",
        )
    ),
    "end_held_role": Asked(_fixed()),
    "create_invitation": Asked(_invitation, "pupil", _EVERY),
    "renew_invitation": Asked(_fixed(expires_at=near.SOON)),
    "give_contribution": Asked(_fixed(words="He sleeps better now.")),
    "renew_secret": Asked(_fixed(keep_older_hours=1)),
    "change_client": Asked(_fixed(networks=["203.0.113.0/24"])),
    "find_availability": Asked(
        reach="pupil", spots=_EVERY,
        query=lambda n, spot: f"?pupil_ids={n.spots[spot].pupil}&{_NEXT_WEEK}",
    ),
    **{
        f"read_{thing}_free_busy": Asked(query=lambda _n, _spot: _ONE_DAY)
        for thing in ("space", "pupil", "staff")
    },
    **{
        name: Asked(query=lambda _n, _spot: "?from_on=2026-09-01&until_on=2026-11-20")
        for name in ("read_curriculum_hours", "read_base_use")
    },
    "list_school_days": Asked(
        reach="school", spots=("school", "south", "partner", "foreign"),
        query=lambda n, spot: f"?school_id={n.ids['school'][spot]}&from_on=2026-09-01&until_on=2026-09-07",
    ),
    "explain_my_reach": Asked(query=lambda _n, _spot: "?resource=pupil"),
    "explain_client": Asked(query=lambda _n, _spot: "?resource=pupil"),
    "set_password": Asked(_fixed(password="a-long-enough-password")),
}  # fmt: skip
_PARAMETERS = {"set": lambda _n, _spot: "sen_provision"}


@dataclass(frozen=True)
class Request:
    """One request, and whether its ids stand in the path (404 out of reach) or only in the body (422)."""

    method: str
    path: str
    body: dict[str, Any] | None
    headers: dict[str, str]
    names_in_path: bool


def kind_of(operation: Operation) -> str | None:
    """The kind of the first thing named in the path that is there already, or None."""
    names = operation.parameters[:-1] if operation.id.startswith("put_") else operation.parameters
    return next((name.removesuffix("_id") for name in names if name.endswith("_id")), None)


def spots(operation: Operation, n: Neighbourhood) -> tuple[str, ...]:
    """The spots at which the operation can be asked."""
    how, kind = HOW.get(operation.id, Asked()), kind_of(operation)
    if how.spots:
        return how.spots
    names = [name for name in operation.parameters if name.endswith("_id")]
    if kind is None:
        return ("-",)
    there = [set(n.ids[name.removesuffix("_id")]) for name in names]
    return tuple(spot for spot in n.ids[kind] if all(spot in one for one in there))


def reach_name(operation: Operation) -> str | None:
    """By which distance the operation is judged; None where it names nothing."""
    kind = kind_of(operation)
    return HOW.get(operation.id, Asked()).reach or (family(kind) if kind else None)


def request(operation: Operation, n: Neighbourhood, spot: str) -> Request:
    """The request about one spot, harmless when allowed: what would change a thing carries a stale If-Match."""
    how = HOW.get(operation.id, Asked())
    path = operation.path
    for at, name in enumerate(operation.parameters):
        fresh = operation.id.startswith("put_") and at == len(operation.parameters) - 1
        named = _PARAMETERS[name] if name in _PARAMETERS else _thing(name.removesuffix("_id"))
        path = path.replace(f"{{{name}}}", str(uuid4()) if fresh else str(named(n, spot)))
    body = how.body(n, spot) if how.body else ({} if operation.takes_body else None)
    headers = {} if operation.method == "GET" else {"If_Match": STALE}
    return Request(operation.method, path + how.query(n, spot), body, headers, kind_of(operation) is not None)
