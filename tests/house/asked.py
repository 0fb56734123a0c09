"""How each operation is asked about one spot of the neighbourhood, and which spots each letter reaches."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from iap_api.access.roles import Role
from tests.house import bodies, new_things
from tests.house.contract import Operation
from tests.house.new_things import NEXT_YEAR
from tests.house.spots import Neighbourhood
from tests.house.who_may import DISTANCES

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


@dataclass(frozen=True)
class Asked:
    """What to send; `reach` overrides the family of the thing in the path, `spots` where it makes sense."""

    body: bodies.Body | None = None
    reach: str | None = None
    spots: tuple[str, ...] | None = None
    query: Callable[[Neighbourhood, str], str] = lambda _n, _spot: ""


_SCHOOLS = ("school", "south", "foreign")
_SPACES = ("base", "hall", "next_base", "south", "foreign")
_PLACED = ("own", "mate", "next_base", "south", "foreign")
_EVERY = (*_PLACED, "school", "former")
_ENDED = bodies.fixed(ended_on="2026-11-20")
_LAST_DAY = bodies.fixed(until_on="2026-11-20")


_MAKING: dict[str, Asked] = {
    "pupil": Asked(bodies.new_pupil, "school", _SCHOOLS),
    "registration_request": Asked(bodies.request, "school", _SCHOOLS),
    "contact": Asked(lambda _n, _spot: new_things.new_contact(), "pupil", _EVERY),
    "placement": Asked(bodies.placement, "pupil", _PLACED),
    "caseload": Asked(bodies.caseload, "pupil", _EVERY),
    "zone_check_in": Asked(lambda n, spot: {**bodies.pupil(n, spot), "zones": ["blue"]}, "pupil", _EVERY),
    "therapy_note": Asked(lambda n, spot: {**bodies.pupil(n, spot), "text": "She drew."}, "pupil", _EVERY),
    "space": Asked(bodies.space, "space", _SPACES),
    "calendar_feed": Asked(bodies.feed, "feed", _SPACES),
    "booking": Asked(bodies.booking, "pupil", _EVERY),
    "series": Asked(bodies.series, "pupil", _EVERY),
    "closure": Asked(bodies.closure, "space", _SPACES),
    "visit": Asked(bodies.visit, "pupil", _EVERY),
    "restrictive_intervention": Asked(
        lambda n, spot: {**bodies.pupil(n, spot), **new_things.new_intervention()}, "pupil", _EVERY
    ),
    "school": Asked(bodies.new_school, "trust", ("trust", "foreign")),
    "base": Asked(bodies.new_base, "school", _SCHOOLS),
    "class": Asked(bodies.new_class, "school", _SCHOOLS),
    "academic_year": Asked(bodies.new_year, "school", _SCHOOLS),
    "group": Asked(bodies.new_group, "group", ("base", "next_base", "south", "foreign")),
    "day_period": Asked(bodies.new_period, "school", _SCHOOLS),
    "staff": Asked(bodies.new_staff, "school", _SCHOOLS),
    "account": Asked(bodies.account, "account", (*_SCHOOLS, "trust")),
    "client": Asked(bodies.client, "school", _SCHOOLS),
    "identity_provider": Asked(bodies.provider, "trust", ("trust", "foreign")),
    "instrument": Asked(lambda n, spot: new_things.new_instrument(n.ids["school"][spot]), "school", _SCHOOLS),  # type: ignore[arg-type]
    "profile": Asked(bodies.profile, "pupil", _EVERY),
    "legal_hold": Asked(bodies.hold, "pupil", _EVERY),
    "rectification": Asked(bodies.rectification, "pupil", _EVERY),
    "retention_run": Asked(bodies.run, "school", _SCHOOLS),
    "resource": Asked(bodies.resource, "space", _SPACES),
    "toolbox": Asked(bodies.toolbox, "pupil", _PLACED),
    "toolbox_item": Asked(bodies.issue, "pupil", _PLACED),
    "observation": Asked(bodies.seen, "pupil", _EVERY),
    "passport": Asked(bodies.own_words, "pupil", _EVERY),
    "use": Asked(bodies.use, "pupil", _EVERY),
    "review": Asked(bodies.review, "pupil", _EVERY),
    "contribution": Asked(lambda n, spot: new_things.said(n.ids["review"][spot]), "pupil", _EVERY),
    "target": Asked(lambda n, spot: new_things.aimed_at(n.ids["review"][spot]), "pupil", _EVERY),
    "addendum": Asked(bodies.fixed(words="One thing more."), "pupil", _EVERY),
    "subject_request": Asked(bodies.request_about, "pupil", _EVERY),
    "redaction": Asked(bodies.marked, "pupil", _EVERY),
}
_ONE_DAY = "?from_at=2039-03-07T00:00:00Z&until_at=2039-03-08T00:00:00Z"
_NEXT_WEEK = "minutes=20&from_on=2039-03-07&until_on=2039-03-11&from_time=10:00&until_time=11:00&purpose=regulation"
HOW: dict[str, Asked] = {
    **{f"{verb}_{thing}": asked for verb in ("create", "put") for thing, asked in _MAKING.items()},
    "import_instrument": _MAKING["instrument"],
    "issue_toolbox_item": _MAKING["toolbox_item"],
    "issue_despite_allergy": Asked(bodies.despite),
    "search_pupils": Asked(bodies.fixed(name="okafor")),
    "search_accounts": Asked(bodies.fixed(username="nobody@world.example")),
    "set_safeguarding_flag": Asked(bodies.fixed(safeguarding_flag=True)),
    "end_pupil": Asked(bodies.fixed(ended_on="2026-11-20", reason="other")),
    "end_registration": Asked(_LAST_DAY),
    "end_placement": Asked(_LAST_DAY),
    "end_caseload": Asked(_LAST_DAY),
    "change_series": Asked(bodies.fixed(scope="all", note="In the quiet corner.")),
    "end_series": Asked(bodies.fixed(ended_on="2039-02-07")),
    "change_caseload": Asked(bodies.fixed(until_on=None)),
    "change_zone_check_in": Asked(bodies.fixed(zones=["blue"])),
    **{f"end_{thing}": Asked(_ENDED) for thing in ("contact", "space", "resource", "toolbox", "school", "base",
                                                   "class", "day_period", "group", "staff")},
    "set_resource_photo": Asked(lambda _n, _spot: new_things.PHOTO),
    "end_visit": Asked(bodies.fixed(zones_after=["green"])),
    "withdraw_restrictive_intervention": Asked(bodies.fixed(withdrawn_why="It was another child.")),
    "stream_board": Asked(query=lambda _n, _spot: "?seconds=0"),
    "schedule_review": Asked(bodies.fixed(scheduled_at="2026-12-01T09:00:00Z")),
    "hold_review": Asked(bodies.fixed(held_at="2026-11-20T09:00:00Z", attendees=[{"role": "senco"}])),
    "close_review": Asked(bodies.fixed(decision="continue", decision_note="It helps.", next_due_on=NEXT_YEAR)),
    "rate_target": Asked(bodies.fixed(level=1)),
    "enter_totals": Asked(bodies.fixed(totals={"no-such-strand": 1}, source="Paper")),
    "save_answers": Asked(bodies.fixed(answers={"no-such-item": 1})),
    "correct_profile": Asked(bodies.fixed(reason="A slip.")),
    "compare_profiles": Asked(query=lambda n, spot: f"?with={n.ids['profile'][spot]}"),
    **{
        name: Asked(query=lambda n, _spot: f"?instrument_id={n.ids['instrument']['trust']}")
        for name in ("list_overdue_profiles", "read_profile_line", "read_profile_line_chart")
    },
    **{
        name: Asked(query=lambda n, _spot: f"?base_id={n.world.bubble}&instrument_id={n.ids['instrument']['trust']}")
        for name in ("read_group_profile", "read_group_profile_chart")
    },
    "change_retention_rule": Asked(bodies.fixed(years_after_birth=31, reason="Our solicitors ask for it.")),
    "change_legal_hold": Asked(bodies.fixed(review_on=NEXT_YEAR)),
    "end_legal_hold": Asked(bodies.fixed(ended_why="Settled.")),
    "decide_rectification": Asked(bodies.fixed(decision="refused", decision_reason="It is what was seen.")),
    "read_plain_access_records": Asked(
        query=lambda n, spot: f"?pupil_id={n.spots[spot].pupil}", spots=("own", "south", "foreign")
    ),
    "find_pupil": Asked(bodies.fixed(upn=bodies.UNKNOWN_UPN)),
    "check_requester_identity": Asked(bodies.fixed(checked_on="2026-11-20", how="known in person")),
    "pause_subject_request": Asked(bodies.fixed(why="clarification", from_on="2026-11-20", asked="Which years?")),
    "resume_subject_request": Asked(bodies.fixed(until_on="2026-11-20")),
    "extend_subject_request": Asked(bodies.fixed(told_on="2026-11-20", reason="Several schools.")),
    "acknowledge_subject_request": Asked(bodies.fixed(acknowledged_on="2026-11-20")),
    "refuse_subject_request": Asked(bodies.fixed(reason="Asked three times this month.")),
    "decide_redaction": Asked(bodies.fixed(decision="shown")),
    "grant_role": Asked(bodies.role),
    "link_identity": Asked(bodies.link),
    "link_own_identity": Asked(
        bodies.fixed(
            subject_token="x", subject_token_type="urn:ietf:params:oauth:token-type:jwt",
            current_password="a-long-enough-password",
        )
    ),
    "end_held_role": Asked(bodies.fixed()),
    "create_invitation": Asked(bodies.invitation, "pupil", _EVERY),
    "renew_invitation": Asked(bodies.fixed(expires_at=new_things.SOON)),
    "give_contribution": Asked(bodies.fixed(words="He sleeps better now.")),
    "renew_secret": Asked(bodies.fixed(keep_older_hours=1)),
    "change_client": Asked(bodies.fixed(networks=["203.0.113.0/24"])),
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
    "set_password": Asked(bodies.fixed(password="a-long-enough-password")),
}  # fmt: skip
_PARAMETERS = {"set": lambda _n, _spot: "sen_provision"}


@dataclass(frozen=True)
class Request:
    """One request, and whether its ids stand in the path (404 out of reach) or only in the body (422)."""

    method: str
    path: str
    body: dict[str, Any] | bytes | None
    headers: dict[str, str]
    names_in_path: bool

    @property
    def content(self) -> bytes | None:
        """The body as it goes over the wire: a file as it is, anything else as JSON."""
        return self.body if isinstance(self.body, bytes) or self.body is None else json.dumps(self.body).encode()

    @property
    def media(self) -> str:
        """What its Content-Type says."""
        if isinstance(self.body, bytes):
            return "image/png"
        return "application/merge-patch+json" if self.method == "PATCH" else "application/json"


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
        named = _PARAMETERS[name] if name in _PARAMETERS else bodies.thing(name.removesuffix("_id"))
        path = path.replace(f"{{{name}}}", str(uuid4()) if fresh else str(named(n, spot)))
    body = how.body(n, spot) if how.body else ({} if operation.takes_body else None)
    headers = {} if operation.method == "GET" else {"If_Match": STALE}
    return Request(operation.method, path + how.query(n, spot), body, headers, kind_of(operation) is not None)
