"""The children of the demo trust: the roll of every school, with what the office knows about each child."""

from datetime import date, timedelta
from random import Random

from iap_api.demo.names import BOYS, FAMILY, FATHERS, GIRLS, MOTHERS, STREETS
from iap_api.demo.trust import HOME, LAESTABS, PARTNER, SISTER, THIRD, YEARS, DemoTrust
from iap_api.pupils.roll import search_name
from iap_api.pupils.tables import Contact, Pupil, Registration
from iap_api.pupils.upn import check_letter

# Of the partner's children the trust knows only the one who was referred.
ON_ROLL = {HOME: 210, SISTER: 60, THIRD: 60, PARTNER: 1}
NEEDS = (["SLCN"], ["SPLD"], ["MLD"], ["SEMH"], ["ASD"], ["SLCN", "SPLD"])
LANGUAGES = ("English", "English", "English", "English", "English", "Polish", "Bengali", "Yoruba", "Romanian")


def enrol(trust: DemoTrust) -> dict[str, list[Pupil]]:
    """Add every school's roll, thirty children a year group at the home school, and return the pupils by school."""
    girls, boys, family = (_shuffled(trust.random, names) for names in (GIRLS, BOYS, FAMILY))
    rolls: dict[str, list[Pupil]] = {}
    number = 0
    for school_name, size in ON_ROLL.items():
        rolls[school_name] = []
        for serial in range(size):
            sex = "F" if number % 2 else "M"
            names = girls if sex == "F" else boys
            given, name = names[number // 2 % len(names)], family[number % len(family)]
            label = "4" if school_name == PARTNER else YEARS[serial % 7]
            rolls[school_name].append(_enrolled(trust, school_name, serial + 1, label, given, name, sex))
            number += 1
    return rolls


def _enrolled(trust: DemoTrust, school_name: str, serial: int, label: str, given: str, family: str, sex: str) -> Pupil:
    random, school_id = trust.random, trust.schools[school_name]
    started = trust.year - YEARS.index(label)
    chance = random.random()
    provision = "E" if chance < 0.03 else "K" if chance < 0.16 else "N"
    free_meals = random.random() < 0.24
    pupil = trust.add(
        Pupil(
            trust_id=trust.trust_id, school_id=school_id, given_name=given, family_name=family,
            search_name=search_name(given, family), born_on=_born(trust.year, label, random.randrange(365)), sex=sex,
            upn=_upn(LAESTABS[school_name], started, serial),
            address=f"{random.randrange(1, 90)} {random.choice(STREETS)}, Riverside",
            first_language=random.choice(LANGUAGES), sen_provision=provision,
            sen_needs=[] if provision == "N" else list(random.choice(NEEDS)), free_meals=free_meals,
            pupil_premium=["DPP"] if free_meals else [],
        )
    )  # fmt: skip
    trust.add(
        Registration(
            school_id=school_id, pupil_id=pupil.id, from_on=date(started, 9, 1),
            class_id=trust.classes.get(f"{school_name}/{label}"),
        )
    )  # fmt: skip
    mother = random.random() < 0.6
    trust.add(
        Contact(
            school_id=school_id, pupil_id=pupil.id, name=f"{random.choice(MOTHERS if mother else FATHERS)} {family}",
            relationship="PAM" if mother else "PAF", priority=1, phone=f"01632 960{trust.made % 1000:03d}",
            parental_responsibility=True,
        )
    )  # fmt: skip
    return pupil


def _shuffled(random: Random, names: list[str]) -> list[str]:
    return random.sample(names, len(names))


def _upn(laestab: str, year: int, serial: int) -> str:
    rest = f"{laestab}{year % 100:02d}{serial:03d}"
    return check_letter(rest) + rest


def _born(year: int, label: str, offset: int) -> date:
    age_in_august = 4 + YEARS.index(label)
    return date(year - age_in_august - 1, 9, 1) + timedelta(days=offset)
