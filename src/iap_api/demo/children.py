"""The children of the demo trust: the roll, the twelve of The Bubble, their contacts, caseloads and check-ins."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from iap_api.demo.names import FAMILY, GIVEN
from iap_api.demo.trust import DemoTrust
from iap_api.pupils.roll import search_name
from iap_api.pupils.tables import Caseload, Contact, Placement, Pupil, Registration, ZoneCheckIn
from iap_api.pupils.upn import check_letter

ON_ROLL = {"Willow Bank Primary": 210, "Mill Lane Primary": 60, "Heron Park Primary": 60, "St Brannoc's Primary": 12}
YEARS = ("R", "1", "2", "3", "4", "5", "6")
ZONES = (["green"], ["yellow"], ["green"], ["blue"], ["yellow", "blue"], ["red"])


def _upn(laestab: str, year: int, serial: int) -> str:
    rest = f"{laestab}{year % 100:02d}{serial:03d}"
    return check_letter(rest) + rest


def _born(year: int, label: str, offset: int) -> date:
    age_in_august = 4 + YEARS.index(label)
    return date(year - age_in_august - 1, 9, 1) + timedelta(days=offset % 365)


def enrol(trust: DemoTrust) -> dict[str, list[UUID]]:
    """Add every school's roll and return the pupils by school."""
    laestabs = {
        "Willow Bank Primary": "2082101",
        "Mill Lane Primary": "2082102",
        "Heron Park Primary": "2082103",
        "St Brannoc's Primary": "2083104",
    }
    rolls: dict[str, list[UUID]] = {}
    random = trust.random
    for school_name, size in ON_ROLL.items():
        school_id = trust.schools[school_name]
        rolls[school_name] = []
        for at in range(size):
            label = YEARS[at % 7]
            given, family = random.choice(GIVEN), random.choice(FAMILY)
            needs = random.random()
            pupil = trust.add(
                Pupil(
                    id=trust.new_id(), trust_id=trust.trust_id, school_id=school_id, given_name=given,
                    family_name=family, search_name=search_name(given, family),
                    born_on=_born(trust.year, label, random.randrange(365)), sex=random.choice("FM"),
                    upn=_upn(laestabs[school_name], trust.year - YEARS.index(label), at + 1),
                    address=f"{random.randrange(1, 90)} Example Street, Riverside",
                    sen_provision="K" if needs < 0.15 else "N", sen_needs=["SLCN"] if needs < 0.15 else [],
                    free_meals=random.random() < 0.25, pupil_premium=["DPP"] if random.random() < 0.2 else [],
                )
            )  # fmt: skip
            trust.add(
                Registration(
                    id=trust.new_id(), school_id=school_id, pupil_id=pupil.id, from_on=date(trust.year - 1, 9, 1),
                    class_id=trust.classes[f"{school_name}/{label}"],
                )
            )  # fmt: skip
            rolls[school_name].append(pupil.id)
    return rolls


def place_in_the_bubble(trust: DemoTrust, rolls: dict[str, list[UUID]]) -> list[UUID]:
    """Place twelve: ten of the school, one of a sister school, one of the partner; return their ids."""
    home, bubble = trust.schools["Willow Bank Primary"], trust.bases["The Bubble"]
    chosen = rolls["Willow Bank Primary"][8:58:5]
    guests = [rolls["Mill Lane Primary"][17], rolls["St Brannoc's Primary"][3]]
    pupils = {row.id: row for row in trust.rows if isinstance(row, Pupil)}
    for guest in guests:
        trust.add(
            Registration(
                id=trust.new_id(),
                school_id=home,
                pupil_id=guest,
                kind="placed",
                enrolment_status="S",
                from_on=trust.began,
            )
        )
    for at, pupil_id in enumerate([*chosen, *guests]):
        pupil = pupils[pupil_id]
        pupil.sen_provision, pupil.sen_needs = ("E" if at in (2, 7) else "K"), ["SEMH", "SLCN"][: 1 + at % 2]
        pupil.allergies = "Peanuts: pen in the office" if at == 4 else None
        pupil.safeguarding_flag = at == 6
        keeper = trust.staff["teaching_assistant" if at % 2 else "second_assistant"]
        trust.add(
            Placement(
                id=trust.new_id(), school_id=home, base_id=bubble, pupil_id=pupil_id, sessions_per_week=6 + at % 4,
                from_on=trust.began + timedelta(days=7 * (at % 5)), key_adult_staff_id=keeper,
            )
        )  # fmt: skip
        trust.add(
            Contact(
                id=trust.new_id(), school_id=home, pupil_id=pupil_id, name=f"{trust.random.choice(GIVEN)} {pupil.family_name}",
                relationship="PAM" if at % 3 else "PAF", priority=1, phone=f"020 7946 {at:04d}", parental_responsibility=True,
            )
        )  # fmt: skip
    bubble_pupils = [*chosen, *guests]
    _caseloads(trust, bubble_pupils)
    _check_ins(trust, bubble_pupils)
    return bubble_pupils


def _caseloads(trust: DemoTrust, pupils: list[UUID]) -> None:
    home = trust.schools["Willow Bank Primary"]
    entries = [("class_teacher", pupil, "reintegration") for pupil in pupils[:3]]
    entries += [("therapist", pupil, "therapy") for pupil in pupils[2:7]]
    entries += [("referrer", pupils[-1], "referral")]
    for name, pupil_id, why in entries:
        account_id = trust.accounts[name]
        trust.add(
            Caseload(
                id=trust.new_id(),
                school_id=home,
                account_id=account_id,
                pupil_id=pupil_id,
                why=why,
                from_on=trust.began,
            )
        )


def school_days(first: date, last: date) -> list[date]:
    """Return Monday to Friday from `first` to `last`, both included."""
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def _check_ins(trust: DemoTrust, pupils: list[UUID]) -> None:
    home = trust.schools["Willow Bank Primary"]
    recorded_by = trust.accounts["teaching_assistant"]
    for day in school_days(trust.began, trust.today):
        for at, pupil_id in enumerate(pupils):
            if trust.random.random() < 0.6:
                when = datetime.combine(day, time(9, 5 + at), UTC)
                trust.add(
                    ZoneCheckIn(
                        id=trust.new_id(), school_id=home, pupil_id=pupil_id, at=when, created_at=when,
                        zones=trust.random.choice(ZONES), said_by="pupil", recorded_by=recorded_by,
                    )
                )  # fmt: skip
