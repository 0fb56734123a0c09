"""Canaries: strings that stand nowhere else, planted over the API in everything that can be written about one pupil."""

from typing import Any
from uuid import UUID

from iap_api.core import clock
from iap_api.today.passport_shapes import OWN_WORDS
from tests.profiles.small_instrument import FULL, begun, imported, saved
from tests.records.desk import erasure_asked, looked_at, path_of
from tests.reviews.meetings import day, decision, hour
from tests.spaces.series.terms import weekly, year
from tests.toolbox.things import ago
from tests.world import Person, World, upn

BORN_ON = "2016-02-29"


class Planter:
    """Plants one canary after the other and remembers them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.planted: list[str] = []

    def bird(self, kind: str = "{}") -> str:
        """A fresh canary, in the form that a field wants."""
        self.planted.append(kind.format(f"kanarie{len(self.planted):03}zwitschert"))
        return self.planted[-1]

    def known(self, value: str) -> str:
        self.planted.append(value)
        return value

    async def make(self, person: Person, path: str, **body: Any) -> dict[str, Any]:
        # a key of its own, as a phone sends one
        made = await person.post(path, body, Idempotency_Key=f"{path}-{len(self.planted)}")
        assert made.status_code == 201, (path, made.text)
        return dict(made.json())

    async def step(self, person: Person, path: str, verb: str, **body: Any) -> None:
        done = await person.verb(path, verb, body or None)
        assert done.status_code == 200, (path, verb, done.text)

    async def change(self, person: Person, path: str, **body: Any) -> None:
        done = await person.change(path, body)
        assert done.status_code == 200, (path, done.text)


async def plant(world: World) -> tuple[UUID, list[str]]:
    """Enter a pupil, write about them whatever people of the world can write, and return the id and the canaries."""
    p = Planter(world)
    pupil = await _pupil(p)
    of_pupil = {"pupil_id": str(pupil)}
    await _day_to_day(p, of_pupil)
    await _weekly(p, of_pupil)
    await _visit(p, of_pupil)
    await _therapy(p, of_pupil)
    await _toolbox(p, of_pupil)
    await _profile(p, pupil)
    await _review(p, of_pupil)
    await _desk(p, of_pupil)
    return pupil, p.planted


async def _pupil(p: Planter) -> UUID:
    w = p.world
    made = await p.make(
        w.senco, "/v1/pupils", school_id=str(w.north), given_name=p.bird(), family_name=p.bird(),
        preferred_name=p.bird(),
        born_on=p.known(BORN_ON), sex="F", registered_from="2025-09-01", upn=p.known(upn(77_001)),
        former_upn=p.known(upn(77_002)), address=p.bird(), first_language=p.bird(), allergies=p.bird(),
        allergens=["latex"], medical_note=p.bird(), sen_provision="K", sen_needs=["SEMH"],
    )  # fmt: skip
    path = f"/v1/pupils/{made['id']}"
    await p.change(w.senco, path, address=p.bird(), preferred_name=p.bird())
    tag = (await w.safeguarding_lead.get(path)).headers["ETag"]
    flag = {"safeguarding_flag": True, "safeguarding_where": p.bird()}
    flagged = await w.safeguarding_lead.put(f"{path}/safeguarding", flag, If_Match=tag)
    assert flagged.status_code == 200, flagged.text
    contact = await p.make(w.office, f"{path}/contacts", name=p.bird(), relationship="CAR", priority=1,
                           phone=p.known("020 7946 0777"), email=p.bird("{}@home.example"))  # fmt: skip
    await p.change(w.office, f"/v1/contacts/{contact['id']}", name=p.bird())
    asked = await w.south_senco.post(
        "/v1/registration-requests",
        {"school_id": str(w.south), "upn": upn(77_001), "born_on": BORN_ON, "kind": "referred", "from_on": "2026-01-05",
         "reason": p.bird()},
    )  # fmt: skip
    assert asked.status_code == 201, asked.text
    await p.step(w.senco, f"/v1/registration-requests/{asked.json()['id']}", "agree")
    await p.make(w.senco, "/v1/placements", pupil_id=made["id"], base_id=str(w.bubble), from_on="2025-09-01")
    await p.make(w.senco, "/v1/caseloads", pupil_id=made["id"], account_id=str(w.therapist.account.id),
                 why="granted", from_on="2025-09-01")  # fmt: skip
    return UUID(made["id"])


async def _day_to_day(p: Planter, of_pupil: dict[str, str]) -> None:
    w, child = p.world, of_pupil["pupil_id"]
    check_in = await p.make(w.teaching_assistant, "/v1/zone-check-ins", **of_pupil, zones=["blue"], note=p.bird())
    await p.change(w.teaching_assistant, f"/v1/zone-check-ins/{check_in['id']}", note=p.bird())
    group = await p.make(w.base_lead, "/v1/groups", base_id=str(w.bubble), name=p.bird(),
                         pupil_ids=[child, str(w.ben)])  # fmt: skip
    await p.change(w.base_lead, f"/v1/groups/{group['id']}", name=p.bird())
    hall = {"space_id": str(w.classroom), "purpose": "lesson"}
    outer = await p.make(
        w.base_lead, "/v1/bookings", **hall, starts_at="2027-01-11T09:00:00Z", ends_at="2027-01-11T11:00:00Z",
        pupil_ids=[child, str(w.ben)], note=p.bird(),
    )  # fmt: skip
    await p.change(w.base_lead, f"/v1/bookings/{outer['id']}", note=p.bird())
    await p.make(
        w.base_lead, "/v1/bookings", space_id=str(w.sensory), purpose="regulation", pupil_ids=[child],
        starts_at="2027-01-11T09:30:00Z", ends_at="2027-01-11T10:00:00Z", takes_from=[outer["id"]], note=p.bird(),
    )  # fmt: skip


async def _weekly(p: Planter, of_pupil: dict[str, str]) -> None:
    w = p.world
    await p.make(w.office, "/v1/academic-years", **year(w.north))
    series = await p.make(
        w.base_lead, "/v1/series",
        **weekly(w.classroom, of_pupil["pupil_id"], weekdays=[2], until_on="2027-02-11", note=p.bird()),
    )  # fmt: skip
    await p.change(w.base_lead, f"/v1/series/{series['id']}", scope="all", note=p.bird())


async def _visit(p: Planter, of_pupil: dict[str, str]) -> None:
    w = p.world
    visit = await p.make(w.teaching_assistant, "/v1/visits", **of_pupil, space_id=str(w.retreat), initiated_by="pupil",
                         free_to_leave=True, door="open", adult_in_sight=True, note=p.bird())  # fmt: skip
    await p.change(w.teaching_assistant, f"/v1/visits/{visit['id']}", note=p.bird())
    now = clock.now().isoformat()
    held = await p.make(
        w.teaching_assistant, "/v1/restrictive-interventions", **of_pupil, visit_id=visit["id"], kind="restraint",
        started_at=now, ended_at=now, what_led_to_it=p.bird(), injury="pupil", injury_note=p.bird(),
        parents_told_at=now, parents_told_how=p.bird(), debrief_at=now, debrief=p.bird(),
        staff_ids=[str(w.staff["teaching_assistant"])],
    )  # fmt: skip
    path = f"/v1/restrictive-interventions/{held['id']}"
    await p.change(w.teaching_assistant, path, debrief=p.bird())
    await p.step(w.headteacher, path, "sign")
    wrong = await p.make(w.teaching_assistant, "/v1/restrictive-interventions", **of_pupil, kind="other_force")
    await p.step(w.headteacher, f"/v1/restrictive-interventions/{wrong['id']}", "withdraw", withdrawn_why=p.bird())


async def _therapy(p: Planter, of_pupil: dict[str, str]) -> None:
    w = p.world
    therapist = str(w.therapist.account.id)
    await p.make(w.senco, "/v1/caseloads", **of_pupil, account_id=therapist, why="therapy", from_on="2025-09-01")
    note = await p.make(w.therapist, "/v1/therapy-notes", **of_pupil, text="She sang.")
    # sealed, so nothing of them sings before; that their rows are gone is looked at by table
    await p.change(w.therapist, f"/v1/therapy-notes/{note['id']}", text="She sang for the first time.")


async def _toolbox(p: Planter, of_pupil: dict[str, str]) -> None:
    w = p.world
    thing = await p.make(w.senco, "/v1/resources", school_id=str(w.north), base_id=str(w.bubble), name="Ear defenders",
                         category="sensory", stock=5, allergens=["latex"])  # fmt: skip
    box = await p.make(w.teaching_assistant, "/v1/toolboxes", **of_pupil, base_id=str(w.bubble), locker="7",
                       note=p.bird())  # fmt: skip
    item = await p.make(w.base_lead, f"/v1/toolboxes/{box['id']}/items/despite-allergy", resource_id=thing["id"],
                        why=p.bird(), instructions=p.bird(), allergy_override=p.bird())  # fmt: skip
    await p.make(w.teaching_assistant, "/v1/uses", toolbox_item_id=item["id"], started_at=ago(hours=2), minutes=5,
                 note=p.bird())  # fmt: skip
    await p.make(w.teaching_assistant, "/v1/observations", **of_pupil, proud_moment=p.bird(), incident=p.bird())
    words = {name: p.bird() for name in OWN_WORDS}
    await p.make(w.teaching_assistant, "/v1/passports", **of_pupil, **words)


async def _profile(p: Planter, pupil: UUID) -> None:
    w = p.world
    path = await begun(w.teaching_assistant, pupil, await imported(w), note=p.bird())
    await p.change(w.teaching_assistant, path, note=p.bird())
    assert (await saved(w.teaching_assistant, path, **FULL)).status_code == 200
    await p.step(w.base_lead, path, "complete")
    corrected = await w.base_lead.verb(path, "correct", {"reason": p.bird()})
    assert corrected.status_code == 201, corrected.text


async def _review(p: Planter, of_pupil: dict[str, str]) -> None:
    w = p.world
    review = await p.make(w.base_lead, "/v1/reviews", **of_pupil, kind="six_weekly", due_on=day(7),
                          scheduled_at=hour(-1), place=p.bird())  # fmt: skip
    path = f"/v1/reviews/{review['id']}"
    said = await p.make(w.teaching_assistant, "/v1/contributions", review_id=review["id"], by="parent_voice",
                        medium="spoken", words=p.bird(), given_on=day(-1))  # fmt: skip
    await p.change(w.teaching_assistant, f"/v1/contributions/{said['id']}", words=p.bird())
    target = await p.make(w.base_lead, "/v1/targets", review_id=review["id"], text=p.bird(), baseline=p.bird(),
                          measure=p.bird(), due_on=day(40))  # fmt: skip
    guest = {"role": "parent_carer", "name": p.bird(), "expires_at": hour(48), "shared": ["targets"]}
    invitation = await p.make(w.senco, f"{path}/invitations", **guest)
    await p.step(w.senco, f"/v1/invitations/{invitation['id']}", "withdraw")
    attendees = [{"role": "parent_carer", "name": p.bird()}]
    await p.step(w.base_lead, path, "hold", held_at=hour(-1), attendees=attendees)
    await p.step(w.senco, path, "close", **decision(decision_note=p.bird()))
    await p.step(w.base_lead, f"/v1/targets/{target['id']}", "rate", level=1, note=p.bird())
    await p.make(w.senco, f"{path}/addenda", words=p.bird())


async def _desk(p: Planter, of_pupil: dict[str, str]) -> None:
    officer = p.world.data_protection_officer
    hold = await p.make(officer, "/v1/legal-holds", **of_pupil, reason=p.bird(), review_on=day(30))
    await p.step(officer, f"/v1/legal-holds/{hold['id']}", "end", ended_why=p.bird())
    wrong = await p.make(
        officer, "/v1/rectifications", **of_pupil, resource="pupils", resource_id=of_pupil["pupil_id"], field="address",
        said_wrong=p.bird(), statement=p.bird(), asked_by=p.bird(),
    )  # fmt: skip
    await p.step(officer, f"/v1/rectifications/{wrong['id']}", "decide", decision="statement_added",
                 decision_reason=p.bird())  # fmt: skip
    # a run that names the pupil stays, and names them by id
    asks = {"requester_name": p.bird(), "asked_for": p.bird()}
    run = await looked_at(p.world, **await erasure_asked(p.world, of_pupil["pupil_id"], **asks))
    await p.step(officer, path_of(run), "withdraw")
    await _copy(p, of_pupil)


async def _copy(p: Planter, of_pupil: dict[str, str]) -> None:
    officer, today = p.world.data_protection_officer, clock.today().isoformat()
    asked = await p.make(officer, "/v1/subject-requests", **of_pupil, kind="access", requester="parent",
                         requester_name=p.bird(), asked_for=p.bird(), received_on=today)  # fmt: skip
    path = f"/v1/subject-requests/{asked['id']}"
    await p.step(officer, path, "pause", why="clarification", from_on=today, asked=p.bird())
    await p.step(officer, path, "resume", until_on=today)
    await p.step(officer, path, "package")
    pointer = f"/records/pupils/rows/{of_pupil['pupil_id']}/given_name"
    await p.make(officer, f"{path}/redactions", pointer=pointer, reason="serious_harm", note=p.bird())
