"""A trust with one of everything at every distance from The Bubble, and another trust beside it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from iap_api.core import clock
from iap_api.pupils.tables import Caseload, Placement, Pupil, Registration
from tests import world as worlds
from tests.house.new_things import (
    NEXT_YEAR,
    PHOTO,
    SOON,
    YESTERDAY,
    aimed_at,
    new_academic_year,
    new_class,
    new_client,
    new_closure,
    new_contact,
    new_day_period,
    new_group,
    new_hold,
    new_identity,
    new_instrument,
    new_intervention,
    new_mark,
    new_provider,
    new_request,
    new_resource,
    new_series,
    new_visit,
    period,
    said,
    said_wrong,
    series_year,
)
from tests.house.spots import Neighbourhood, Spot
from tests.world import LONG_AGO, Person, World


async def made(person: Person, path: str, body: dict[str, Any]) -> str:
    """Create by POST; the setting of a test must not fail."""
    answer = await person.post(path, body)
    assert answer.status_code == 201, (path, answer.text)
    return str(answer.json()["id"])


async def first(person: Person, path: str) -> str:
    answer = await person.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return str(answer.json()["items"][0]["id"])


def _child(w: World, given: str, school_id: UUID, base_id: UUID | None) -> UUID:
    row = w.add(
        Pupil(
            trust_id=w.trust_id, school_id=school_id, given_name=given, family_name="Okafor", sex="M",
            search_name=f"{given} okafor".lower(), born_on=date(2016, 3, 2),
        )
    )  # fmt: skip
    w.add(Registration(school_id=school_id, pupil_id=row.id, from_on=LONG_AGO))
    if base_id:
        w.add(Placement(school_id=school_id, base_id=base_id, pupil_id=row.id, from_on=LONG_AGO))
    return row.id


async def build(app: Any, client: Any) -> Neighbourhood:
    """Make everything; by rows for people and places, through the API for what is written about pupils."""
    w, other = await worlds.build(app, client), await worlds.build(app, client)
    n = Neighbourhood(w, other)
    nest = w.base("The Nest", w.north)
    nest_room = w.space("Nest room", "classroom", 10, nest, w.north)
    nia, otis, fay = (
        _child(w, *one) for one in (("Nia", w.north, nest), ("Otis", w.north, None), ("Fay", w.north, w.bubble))
    )
    for one in (w, other):
        one.account("south_office", "office", one.south)
    w.works_at("south_senco", w.south)
    w.account("trust_clerk", "trust_analyst", w.trust_id)
    w.caseload("referrer", w.amira, w.north, "referral")
    _therapists(w, fay)
    _over_or_to_come(w, otis)
    await w.save()
    await other.save()
    helper = w.second_assistant.account.id
    here = (w.senco, w.office, helper)
    there = (w.south_senco, w.south_office, w.south_senco.account.id)
    n.spots = {
        "own": Spot(w.amira, w.north, w.bubble, w.sensory, *here),
        "mate": Spot(w.cara, w.north, w.bubble, w.sensory, *here),
        "former": Spot(fay, w.north, w.bubble, w.dome, *here),
        "next_base": Spot(nia, w.north, nest, nest_room, *here),
        "school": Spot(otis, w.north, w.bubble, w.dome, *here),
        "south": Spot(w.southerner, w.south, w.harbour, w.south_room, *there),
        "foreign": Spot(
            other.amira, other.north, other.bubble, other.sensory, other.senco, other.office,
            other.second_assistant.account.id,
        ),
    }  # fmt: skip
    await _places(n, nest, nest_room)
    await _groups(n)
    await _instruments(n)
    for name, spot in n.spots.items():
        await _about_a_pupil(n, name, spot)
        await _reviewed(n, name, spot)
        await _copied(n, name, spot)
    await _therapy(n, fay)
    await _requests(n)
    await _desk(n)
    former = n.ids["placement"]["former"]
    assert (await w.senco.verb(f"/v1/placements/{former}", "end", {"until_on": YESTERDAY})).status_code == 200
    return n


def _over_or_to_come(w: World, otis: UUID) -> None:
    """What was until yesterday, or begins next month, opens nothing: of the child of the school, and of the next."""
    yesterday, next_month = clock.today() - timedelta(days=1), clock.today() + timedelta(days=30)
    w.add(Placement(school_id=w.north, base_id=w.bubble, pupil_id=otis, from_on=next_month))
    left = {"school_id": w.north, "pupil_id": w.southerner, "from_on": LONG_AGO, "until_on": yesterday}
    w.add(Registration(kind="placed", ended_why="other", **left))
    w.add(Placement(base_id=w.bubble, **left))
    for name in ("class_teacher", "therapist", "referrer"):
        account_id = w.people[name].account.id
        for pupil_id in (otis, w.southerner):
            w.add(Caseload(account_id=account_id, why="granted", **{**left, "pupil_id": pupil_id}))


async def _places(n: Neighbourhood, nest: UUID, nest_room: UUID) -> None:
    w, other = n.world, n.elsewhere
    for kind, spots in {
        "trust": {"trust": w.trust_id, "foreign": other.trust_id},
        "school": {"school": w.north, "south": w.south, "partner": w.partner, "foreign": other.north},
        "base": {"base": w.bubble, "next_base": nest, "south": w.harbour, "foreign": other.bubble},
        "class": {"school": w.class_3, "foreign": other.class_3},
        "staff": {"school": w.staff["therapist"], "south": w.staff["south_senco"], "foreign": other.staff["therapist"]},
        "space": {
            "base": w.sensory, "hall": w.dome, "next_base": nest_room, "south": w.south_room, "foreign": other.sensory,
        },
        "account": {
            "school": w.second_assistant.account.id, "south": w.south_senco.account.id,
            "trust": w.trust_clerk.account.id, "foreign": other.second_assistant.account.id,
        },
    }.items():  # fmt: skip
        for spot, found in spots.items():
            n.put(kind, spot, found)
    n.put("class", "south", await made(w.administrator, "/v1/classes", new_class(w.south)))
    for spot, world in (("school", w), ("south", w), ("foreign", other)):
        school = n.ids["school"][spot]
        await made(world.administrator, "/v1/academic-years", series_year(school))
        for kind, body in (("academic_year", new_academic_year(school)), ("day_period", new_day_period(school))):
            path = f"/v1/{kind.replace('_', '-')}s"
            n.put(kind, spot, await made(world.administrator, path, body))
    for spot, world in (("school", w), ("south", w), ("foreign", other)):
        account = n.ids["account"][spot]
        n.put("client", spot, await made(world.administrator, "/v1/clients", new_client(n.ids["school"][spot])))
        n.put("held_role", spot, await first(world.administrator, f"/v1/accounts/{account}/roles"))
    for spot, world in (("trust", w), ("foreign", other)):
        provider = await made(world.administrator, "/v1/identity-providers", new_provider(world.trust_id))
        n.put("identity_provider", spot, provider)
    for spot, world in (("school", w), ("south", w), ("foreign", other)):
        provider = n.ids["identity_provider"]["foreign" if spot == "foreign" else "trust"]
        path = f"/v1/accounts/{n.ids['account'][spot]}/identities"
        n.put("identity", spot, await made(world.administrator, path, new_identity(provider)))
    clerk = w.trust_clerk.account.id
    n.put("held_role", "trust", await first(w.administrator, f"/v1/accounts/{clerk}/roles"))
    for spot, school, base, keeper in (
        ("base", w.north, w.bubble, w.senco), ("hall", w.north, None, w.senco), ("next_base", w.north, nest, w.senco),
        ("south", w.south, w.harbour, w.south_senco), ("foreign", other.north, other.bubble, other.senco),
    ):  # fmt: skip
        n.put("resource", spot, await made(keeper, "/v1/resources", new_resource(school, base)))
        photo = f"/v1/resources/{n.ids['resource'][spot]}/photo"
        assert (await keeper.put(photo, PHOTO, If_Match="*")).status_code == 200
        n.put("closure", spot, await made(keeper, "/v1/closures", new_closure(school, base)))
        feed = {"space_id": str(n.ids["space"][spot])}
        n.put("calendar_feed", spot, await made(keeper, "/v1/calendar-feeds", feed))


async def _groups(n: Neighbourhood) -> None:
    for spot in ("base", "next_base", "south", "foreign"):
        senco = n.spots["own" if spot == "base" else spot].senco
        n.put("group", spot, await made(senco, "/v1/groups", new_group(n, spot)))


async def _instruments(n: Neighbourhood) -> None:
    n.put("instrument", "trust", await made(n.world.senco, "/v1/instruments", new_instrument(n.world.north)))
    n.put("instrument", "foreign", await made(n.elsewhere.senco, "/v1/instruments", new_instrument(n.elsewhere.north)))


async def _about_a_pupil(n: Neighbourhood, name: str, spot: Spot) -> None:
    senco, pupil = spot.senco, spot.pupil
    of_pupil = {"pupil_id": str(pupil)}
    n.put("pupil", name, pupil)
    n.put("contact", name, await made(spot.office, f"/v1/pupils/{pupil}/contacts", new_contact()))
    n.put("registration", name, await first(spot.office, f"/v1/registrations?pupil_id={pupil}"))
    n.put("check_in", name, await made(senco, "/v1/zone-check-ins", {**of_pupil, "zones": ["green"]}))
    entry = {**of_pupil, "account_id": str(spot.on_caseload_of), "why": "granted", "from_on": "2025-09-01"}
    n.put("caseload", name, await made(senco, "/v1/caseloads", entry))
    booked = {"space_id": str(spot.space), "purpose": "regulation", "pupil_ids": [str(pupil)], **period()}
    n.put("booking", name, await made(senco, "/v1/bookings", booked))
    n.put("visit", name, await made(senco, "/v1/visits", {**of_pupil, **new_visit(spot.space)}))
    held = {**of_pupil, **new_intervention()}
    n.put("restrictive_intervention", name, await made(senco, "/v1/restrictive-interventions", held))
    n.put("series", name, await made(senco, "/v1/series", new_series(spot)))
    instrument = n.ids["instrument"]["foreign" if name == "foreign" else "trust"]
    profile = {**of_pupil, "instrument_id": str(instrument), "observed_on": "2026-10-01"}
    n.put("profile", name, await made(senco, "/v1/profiles", profile))
    near = {"south": "south", "foreign": "foreign", "next_base": "next_base"}.get(name, "base")
    resource = str(n.ids["resource"][near])
    used = {**of_pupil, "resource_id": resource, "started_at": "2026-11-02T10:00:00Z", "minutes": 5}
    n.put("use", name, await made(senco, "/v1/uses", used))
    seen = {**of_pupil, "behaviour": 3, "incident": "Threw a pen."}
    n.put("observation", name, await made(senco, "/v1/observations", seen))
    n.put("passport", name, await made(senco, "/v1/passports", {**of_pupil, "helps": "The swing."}))
    if name == "school":
        return
    n.put("placement", name, await first(senco, f"/v1/placements?pupil_id={pupil}"))
    toolbox = {**of_pupil, "base_id": str(spot.base), "locker": name}
    n.put("toolbox", name, await made(senco, "/v1/toolboxes", toolbox))
    item = f"/v1/toolboxes/{n.ids['toolbox'][name]}/items"
    n.put("item", name, await made(senco, item, {"resource_id": resource}))


async def _reviewed(n: Neighbourhood, name: str, spot: Spot) -> None:
    senco = spot.senco
    meeting = "2026-11-20T09:00:00Z"
    due = {"pupil_id": str(spot.pupil), "kind": "termly", "due_on": "2026-11-20", "scheduled_at": meeting}
    review = await made(senco, "/v1/reviews", due)
    n.put("review", name, review)
    n.put("contribution", name, await made(senco, "/v1/contributions", said(review)))
    invited = {"role": "pupil", "expires_at": SOON}
    n.put("invitation", name, await made(senco, f"/v1/reviews/{review}/invitations", invited))
    n.put("target", name, await made(senco, "/v1/targets", aimed_at(review)))
    held = {"held_at": meeting, "attendees": [{"role": "senco"}]}
    assert (await senco.verb(f"/v1/reviews/{review}", "hold", held)).status_code == 200
    closed = {"decision": "continue", "decision_note": "It helps.", "next_due_on": NEXT_YEAR}
    assert (await senco.verb(f"/v1/reviews/{review}", "close", closed)).status_code == 200
    n.put("addendum", name, await made(senco, f"/v1/reviews/{review}/addenda", {"words": "He asked for it."}))


def _therapists(w: World, fay: UUID) -> None:
    """A colleague with the same child, one at the other school, and children whose therapy is another's or over."""
    w.account("colleague", "therapist", w.north)
    w.account("south_therapist", "therapist", w.south)
    for name, pupil, school in (
        ("colleague", w.amira, w.north), ("colleague", w.cara, w.north), ("therapist", fay, w.north),
        ("south_therapist", w.southerner, w.south),
    ):  # fmt: skip
        w.caseload(name, pupil, school, "therapy")


async def _therapy(n: Neighbourhood, fay: UUID) -> None:
    """Notes of the therapist, of colleagues, and one whose work is over: it is closed to its author too."""
    w, other = n.world, n.elsewhere
    for spot, by, pupil in (
        ("own", w.therapist, w.amira), ("colleagues", w.colleague, w.amira), ("mate", w.colleague, w.cara),
        ("over", w.therapist, fay), ("south", w.south_therapist, w.southerner),
        ("foreign", other.therapist, other.amira),
    ):  # fmt: skip
        n.put("therapy_note", spot, await made(by, "/v1/therapy-notes", {"pupil_id": str(pupil), "text": "He drew."}))
    entry = await first(w.therapist, f"/v1/caseloads?pupil_id={fay}")
    assert (await w.senco.verb(f"/v1/caseloads/{entry}", "end", {"until_on": YESTERDAY})).status_code == 200


async def _copied(n: Neighbourhood, name: str, spot: Spot) -> None:
    officer = (n.elsewhere if name == "foreign" else n.world).data_protection_officer
    request = await made(officer, "/v1/subject-requests", new_request(spot.pupil))
    n.put("subject_request", name, request)
    path = f"/v1/subject-requests/{request}"
    for verb in ("start", "package"):
        assert (await officer.verb(path, verb)).status_code == 200
    n.put("redaction", name, await made(officer, f"{path}/redactions", new_mark(spot.pupil, "given_name")))


async def _requests(n: Neighbourhood) -> None:
    w, other = n.world, n.elsewhere
    for spot, asks, school, keeps, pupil in (
        ("kept_here", w.south_office, w.south, w.office, w.ben),
        ("asked_by_us", w.office, w.north, w.south_office, w.southerner),
        ("foreign", other.south_office, other.south, other.office, other.ben),
    ):
        upn = (await keeps.get(f"/v1/pupils/{pupil}")).json()["roll"]["upn"]
        body = {"school_id": str(school), "upn": upn, "born_on": "2017-05-04", "kind": "referred",
                "from_on": "2026-11-01", "reason": "A place at our base."}  # fmt: skip
        n.put("request", spot, await made(asks, "/v1/registration-requests", body))


async def _desk(n: Neighbourhood) -> None:
    for name, spot in n.spots.items():
        officer = _officer(n, name)
        n.put("legal_hold", name, await made(officer, "/v1/legal-holds", {"pupil_id": str(spot.pupil), **new_hold()}))
        n.put("rectification", name, await made(officer, "/v1/rectifications", said_wrong(spot.pupil)))
    for name in ("school", "south", "foreign"):
        run = {"school_id": str(n.ids["school"][name])}
        n.put("retention_run", name, await made(_officer(n, name), "/v1/retention-runs", run))
    for name, spot in (("trust", "own"), ("foreign", "foreign")):
        n.put("retention_rule", name, await first(_officer(n, spot), "/v1/retention-rules"))


def _officer(n: Neighbourhood, name: str) -> Person:
    return (n.elsewhere if name == "foreign" else n.world).data_protection_officer
