"""What is sent to make or change a thing of each kind at one spot of the neighbourhood."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.house import new_things
from tests.house.spots import Neighbourhood
from tests.world import upn

# a valid number that no child here has
UNKNOWN_UPN = upn(99_999)

Body = Callable[[Neighbourhood, str], dict[str, Any] | bytes]


def pupil(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"pupil_id": str(n.spots[spot].pupil)}


def fixed(**members: Any) -> Body:
    return lambda _n, _spot: members


def thing(kind: str) -> Callable[[Neighbourhood, str], str]:
    return lambda n, spot: str(n.ids[kind][spot])


def new_pupil(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": thing("school")(n, spot), "given_name": "Zed", "family_name": "Newcomer",
            "born_on": "2018-01-31", "sex": "M", "registered_from": "2026-11-01"}  # fmt: skip


def placement(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), "base_id": str(n.world.bubble), "from_on": "2026-11-02"}


def caseload(n: Neighbourhood, spot: str) -> dict[str, Any]:
    account = str(n.spots["own"].on_caseload_of)
    return {**pupil(n, spot), "account_id": account, "why": "granted", "from_on": "2026-11-02"}


def booking(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**new_things.period(), "space_id": str(n.spots[spot].space), "purpose": "lesson",
            "pupil_ids": [str(n.spots[spot].pupil)]}  # fmt: skip


def visit(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), **new_things.new_visit(n.spots[spot].space)}


def intervention(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), **new_things.new_intervention()}


def series(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_series(n.spots[spot])


def space(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**at(n, spot), "name": "Quiet corner", "kind": "retreat", "places": 1}


def at(n: Neighbourhood, spot: str) -> dict[str, Any]:
    school = {"south": n.world.south, "foreign": n.elsewhere.north}.get(spot, n.world.north)
    base = None if spot == "hall" else str(n.ids["base"][spot])
    return {"school_id": str(school), "base_id": base}


def closure(n: Neighbourhood, spot: str) -> dict[str, Any]:
    closed = {"from_at": "2039-02-01T00:00:00Z", "until_at": "2039-02-02T00:00:00Z", "reason": "Snow"}
    return {**at(n, spot), **closed}


def feed(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"space_id": str(n.ids["space"][spot])}


def resource(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**at(n, spot), "name": "Wobble cushion", "category": "movement"}


def profile(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), "instrument_id": str(n.ids["instrument"]["trust"]), "observed_on": "2026-11-02"}


def use(n: Neighbourhood, spot: str) -> dict[str, Any]:
    kept = {"south": "south", "foreign": "foreign"}.get(spot, "hall")
    return {**pupil(n, spot), "resource_id": str(n.ids["resource"][kept]), "started_at": "2026-11-03T10:00:00Z",
            "minutes": 5}  # fmt: skip


def seen(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), "engagement": 4, "smiley": "happy", "at": "2026-11-03T10:00:00Z"}


def own_words(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), "helps": "My ear defenders.", "said_on": "2026-11-03"}


def issue(n: Neighbourhood, spot: str) -> dict[str, Any]:
    kept = {"south": "south", "foreign": "foreign"}.get(spot, "hall")
    return {"resource_id": str(n.ids["resource"][kept])}


def despite(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**issue(n, spot), "allergy_override": "In a cover; the nurse agreed."}


def toolbox(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), "base_id": str(n.spots[spot].base), "locker": f"again {spot}"}


def review(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), "kind": "early", "due_on": new_things.NEXT_YEAR}


def request(n: Neighbourhood, spot: str) -> dict[str, Any]:
    # the office knows the child's UPN from the letter that came with them
    return {"school_id": thing("school")(n, spot), "upn": UNKNOWN_UPN, "born_on": "2017-05-04",
            "kind": "referred", "from_on": "2026-11-02", "reason": "Starts on Monday."}  # fmt: skip


def run(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": thing("school")(n, spot)}


def hold(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {**pupil(n, spot), **new_things.new_hold()}


def rectification(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.said_wrong(n.spots[spot].pupil)


def request_about(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_request(n.spots[spot].pupil)


def marked(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_mark(n.spots[spot].pupil, "family_name")


def role(n: Neighbourhood, _spot: str) -> dict[str, Any]:
    return {"role": "governor", "place_id": str(n.world.north)}


def account(n: Neighbourhood, spot: str) -> dict[str, Any]:
    place = n.world.trust_id if spot == "trust" else n.ids["school"][spot]
    return {"username": f"new.{uuid4().hex}@world.example", "name": "New", "place_id": str(place)}


def client(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_client(n.ids["school"][spot])  # type: ignore[arg-type]


def provider(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_provider(n.ids["trust"][spot])


def link(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_identity(n.ids["identity_provider"]["foreign" if spot == "foreign" else "trust"])


def new_base(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": thing("school")(n, spot), "name": "The Den", "places": 8, "opened_on": "2026-09-01"}


def new_class(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_class(n.ids["school"][spot])  # type: ignore[arg-type]


def new_year(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_academic_year(n.ids["school"][spot])


def new_period(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_day_period(n.ids["school"][spot])


def new_group(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return new_things.new_group(n, spot)


def new_staff(n: Neighbourhood, spot: str) -> dict[str, Any]:
    return {"school_id": thing("school")(n, spot), "name": "Sam", "job": "Cook", "started_on": "2026-09-01"}


def new_school(n: Neighbourhood, spot: str) -> dict[str, Any]:
    trust = n.elsewhere.trust_id if spot == "foreign" else n.world.trust_id
    return {"trust_id": str(trust), "name": "New School", "urn": str(uuid4().int)[:6]}


def invitation(n: Neighbourhood, _spot: str) -> dict[str, Any]:
    return {"role": "outside_professional", "name": f"Dr {uuid4()}", "expires_at": new_things.SOON}
