"""The children of The Bubble: who has a place there and since when, and what its adults have to know about them."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from iap_api.demo.names import FATHERS, MOTHERS
from iap_api.demo.terms import half_terms_between
from iap_api.demo.trust import HOME, PARTNER, SISTER, DemoTrust, at
from iap_api.pupils.tables import Caseload, Contact, Group, Placement, Pupil, Registration

NEEDS = (["SEMH"], ["SEMH", "SLCN"], ["SEMH", "ASD"], ["SEMH", "SPLD"], ["SLCN", "SEMH"])
# Where they stand on the roll: nobody who was not at school a year ago.
OF_THE_SCHOOL = (8, 13, 18, 23, 29, 33, 38, 43, 48, 53)
IN_CHARGE = ("teaching_assistant", "second_assistant")


@dataclass(frozen=True)
class Stay:
    """One child's time in The Bubble; `last` is the day before going back to class for good."""

    pupil: Pupil
    first: date
    last: date | None
    key_adult: str
    steps_up: bool

    def there(self, day: date) -> bool:
        """Say whether the child has a place on that day."""
        return self.first <= day and (self.last is None or day <= self.last)


def place(trust: DemoTrust, rolls: dict[str, list[Pupil]]) -> list[Stay]:
    """Place twelve, ten of the school and two guests, and two who have gone back to class; return their stays."""
    chosen = [rolls[HOME][at] for at in OF_THE_SCHOOL]
    halves = half_terms_between(trust.began, trust.today)
    # one joins as another leaves, so that there are never more than twelve
    joining = {8: halves[1].first, 9: halves[3].first}
    comings = [(pupil, joining.get(at, _opened(trust, at)), None) for at, pupil in enumerate(chosen)]
    comings += [(rolls[SISTER][17], halves[2].first, None), (rolls[PARTNER][0], halves[4].first, None)]
    goings = [(rolls[HOME][24], trust.opened, halves[2].last), (rolls[HOME][68], trust.opened, halves[3].last)]
    stays = [
        Stay(pupil, first, last, IN_CHARGE[at % 2], pupil in chosen[:3] or last is not None)
        for at, (pupil, first, last) in enumerate([*comings, *goings])
    ]
    for number, stay in enumerate(stays):
        _describe(stay.pupil, number, trust.today)
        if stay.pupil.school_id != trust.home:
            _register_as_guest(trust, stay)
        _place(trust, stay, number)
        _second_contact(trust, stay.pupil, number)
    _caseloads(trust, stays, rolls[HOME][3::7])
    return stays


def gather(trust: DemoTrust, stays: list[Stay]) -> None:
    """Add two groups of children who have a place today."""
    here = [stay.pupil.id for stay in stays if stay.there(trust.today)]
    for name, members in {"Lego club": here[:4], "Breakfast table": here[3:9]}.items():
        trust.add(Group(school_id=trust.home, base_id=trust.bubble, name=name, pupil_ids=members))


def _opened(trust: DemoTrust, number: int) -> date:
    return trust.opened + timedelta(days=7 * (number % 3))


def _describe(pupil: Pupil, number: int, today: date) -> None:
    pupil.sen_provision = "E" if number in (2, 7) else "K"
    pupil.sen_needs = list(NEEDS[number % len(NEEDS)])
    if pupil.sen_provision == "E":
        pupil.ehcp_review_due_on = today + timedelta(days=30 * number)
    if number == 4:
        pupil.allergens = ["peanuts"]
        pupil.allergies = "Peanuts: adrenaline pen in the office and in the base's red bag"
    if number == 5:
        pupil.medical_note = "Asthma: blue inhaler in the locker, two puffs before the sensory circuit"
    if number == 6:
        pupil.safeguarding_flag, pupil.safeguarding_where = True, "Locked cabinet in the safeguarding lead's office"
    if number == 9:
        pupil.young_carer = "S"


def _register_as_guest(trust: DemoTrust, stay: Stay) -> None:
    trust.add(
        Registration(
            school_id=trust.home, pupil_id=stay.pupil.id, kind="placed", enrolment_status="S", from_on=stay.first
        )
    )


def _place(trust: DemoTrust, stay: Stay, number: int) -> None:
    guest = stay.pupil.school_id != trust.home
    trust.add(
        Placement(
            school_id=trust.home, base_id=trust.bubble, pupil_id=stay.pupil.id, from_on=stay.first, until_on=stay.last,
            expected_until_on=stay.last or trust.today + timedelta(days=56 + 14 * (number % 5)),
            sessions_per_week=5 if guest else 6 + number % 4, key_adult_staff_id=trust.staff[stay.key_adult],
            ended_by=trust.accounts["senco"] if stay.last else None,
        ),
        at(stay.first, 8, 30),
    )  # fmt: skip


def _second_contact(trust: DemoTrust, pupil: Pupil, number: int) -> None:
    father = trust.random.random() < 0.5
    given = trust.random.choice(FATHERS if father else MOTHERS)
    kinds = ("PAF" if father else "PAM", "REL", "STF" if father else "STM")
    trust.add(
        Contact(
            school_id=trust.home, pupil_id=pupil.id, name=f"{given} {pupil.family_name}",
            relationship=kinds[number % 3], priority=2, phone=f"020 7946 {number:04d}",
            email=f"{given.lower()}.{number}@home.example", parental_responsibility=number % 3 == 0,
        )
    )  # fmt: skip


def _caseloads(trust: DemoTrust, stays: list[Stay], own_class: list[Pupil]) -> None:
    entries: list[tuple[str, UUID, str, date, date | None]] = [
        ("class_teacher", pupil.id, "class_teacher", date(trust.year, 9, 1), None) for pupil in own_class
    ]
    entries += [(stay.key_adult, stay.pupil.id, "key_adult", stay.first, stay.last) for stay in stays]
    entries += [("class_teacher", stay.pupil.id, "reintegration", trust.began, None) for stay in stays[:3]]
    entries += [("therapist", stay.pupil.id, "therapy", stay.first, None) for stay in stays[2:7]]
    guest = stays[11]
    entries.append(("referrer", guest.pupil.id, "referral", guest.first - timedelta(days=30), None))
    for name, pupil_id, why, from_on, until_on in entries:
        trust.add(
            Caseload(
                school_id=trust.home, account_id=trust.accounts[name], pupil_id=pupil_id, why=why, from_on=from_on,
                until_on=until_on, ended_by=trust.accounts["senco"] if until_on else None,
            )
        )  # fmt: skip
