"""The demo trust is the world of the mission: its places, its people and its children, counted by hand."""

from collections import Counter
from datetime import date

import pytest

from iap_api.access.sealer import broken_links
from iap_api.access.tables import Account, HeldRole, LedgerEntry
from iap_api.pupils.tables import Caseload, Contact, Group, Placement, Pupil, Registration
from iap_api.schools.calendar_tables import AcademicYear, DayPeriod
from iap_api.schools.tables import Base, School, SchoolClass, Staff, Trust
from iap_api.spaces.tables import Space
from tests.demo.conftest import DAY, Seeded

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


async def test_a_trust_of_three_schools_and_one_partner_with_one_base(demo: Seeded) -> None:
    assert len(await demo.rows(Trust)) == 1
    assert Counter(school.kind for school in await demo.rows(School)) == {"member": 3, "partner": 1}
    assert [base.name for base in await demo.rows(Base)] == ["The Bubble"]


async def test_the_bubble_has_its_spaces_and_the_dome_is_everybodys(demo: Seeded) -> None:
    spaces = {space.name: space for space in await demo.rows(Space)}
    bubble = (await demo.rows(Base))[0].id
    assert {name: (space.kind, space.places) for name, space in spaces.items() if space.base_id == bubble} == {
        "Sensory room": ("sensory_room", 3),
        "Classroom": ("classroom", 10),
        "STEM room": ("stem_room", 6),
        "Economics room": ("economics_room", 6),
        "Sensory circuit": ("sensory_circuit", 2),
        "Re-integration classroom": ("reintegration_classroom", 8),
        "Cocoon 1": ("retreat", 1),
        "Cocoon 2": ("retreat", 1),
        "Cocoon 3": ("retreat", 1),
        "Cocoon 4": ("retreat", 1),
    }
    assert [name for name, space in spaces.items() if space.base_id is None] == ["Solar dome"]
    assert spaces["Solar dome"].kind == "outdoor"


async def test_one_teacher_two_assistants_and_somebody_in_every_other_role(demo: Seeded) -> None:
    held = Counter(role.role for role in await demo.rows(HeldRole))
    once = (
        "class_teacher base_lead senco headteacher safeguarding_lead therapist referrer office governor"
        " trust_inclusion_lead trust_analyst data_protection_officer administrator mis trust_feed"
    )
    assert held == {"teaching_assistant": 2} | dict.fromkeys(once.split(), 1)
    usernames = {account.username for account in await demo.rows(Account)}
    assert {f"{role}@demo.iap.example" for role in held} <= usernames
    clients = {account.username for account in await demo.rows(Account) if account.kind == "client"}
    assert clients == {"mis@demo.iap.example", "trust_feed@demo.iap.example"}


async def test_twelve_children_in_the_base_two_of_them_guests_and_one_from_the_partner(demo: Seeded) -> None:
    schools = {school.id: school for school in await demo.rows(School)}
    home = (await demo.rows(Base))[0].school_id
    pupils = {pupil.id: pupil for pupil in await demo.rows(Pupil)}
    now = [pupils[stay.pupil_id] for stay in await demo.rows(Placement) if stay.until_on is None]
    assert len(now) == 12
    guests = [schools[pupil.school_id].kind for pupil in now if pupil.school_id != home]
    assert sorted(guests) == ["member", "partner"]
    assert len({pupil.given_name for pupil in now}) == 12, "nobody is mistaken for another in a list of first names"
    assert all(pupil.sen_provision in "KE" and "SEMH" in pupil.sen_needs for pupil in now)


async def test_two_children_have_gone_back_to_class(demo: Seeded) -> None:
    ended = [stay for stay in await demo.rows(Placement) if stay.until_on]
    assert len(ended) == 2
    assert all(stay.from_on < stay.until_on < DAY and stay.ended_by for stay in ended)


async def test_the_base_never_had_more_children_than_places(demo: Seeded) -> None:
    stays = await demo.rows(Placement)
    places = (await demo.rows(Base))[0].places
    for first in {stay.from_on for stay in stays}:
        there = [stay for stay in stays if stay.from_on <= first and (stay.until_on is None or stay.until_on >= first)]
        assert len(there) <= places == 12


async def test_210_children_are_on_the_schools_roll_and_guests_come_on_top(demo: Seeded) -> None:
    home = (await demo.rows(Base))[0].school_id
    kinds = Counter(one.kind for one in await demo.rows(Registration, Registration.school_id == home))
    assert kinds == {"enrolled": 210, "placed": 2}


async def test_every_class_of_the_school_has_thirty_children_and_a_teacher(demo: Seeded) -> None:
    home = (await demo.rows(Base))[0].school_id
    classes = {one.id: one for one in await demo.rows(SchoolClass, SchoolClass.school_id == home)}
    assert sorted(one.nc_years for one in classes.values()) == [["1"], ["2"], ["3"], ["4"], ["5"], ["6"], ["R"]]
    assert len({one.teacher_staff_id for one in classes.values()}) == 7
    enrolled = await demo.rows(Registration, Registration.school_id == home, Registration.kind == "enrolled")
    assert set(Counter(one.class_id for one in enrolled).values()) == {30}


async def test_the_class_teacher_has_a_class_and_children_coming_back_into_it(demo: Seeded) -> None:
    teacher = (await demo.rows(Account, Account.username == "class_teacher@demo.iap.example"))[0].id
    why = Counter(one.why for one in await demo.rows(Caseload, Caseload.account_id == teacher))
    assert why == {"class_teacher": 30, "reintegration": 3}
    staff = (await demo.rows(Staff, Staff.account_id == teacher))[0].id
    own = await demo.rows(SchoolClass, SchoolClass.teacher_staff_id == staff)
    assert [one.name for one in own] == ["Year 3"]


async def test_every_child_has_somebody_to_ring(demo: Seeded) -> None:
    first = Counter(one.pupil_id for one in await demo.rows(Contact, Contact.priority == 1))
    assert set(first) == {pupil.id for pupil in await demo.rows(Pupil)}
    assert set(first.values()) == {1}


def check_letter(rest: str) -> str:
    """The rule as the Government Data Standards Catalogue prints it: each digit times its position, from 2 to 13."""
    return LETTERS[sum(int(digit) * position for position, digit in enumerate(rest, 2)) % 23]


@pytest.mark.parametrize("printed", ["B801200005001", "Y208254320001", "W208254320017", "F330201122034"])
def test_the_rule_by_hand_agrees_with_printed_numbers(printed: str) -> None:
    assert check_letter(printed[1:]) == printed[0]


async def test_every_upn_is_valid_and_nobody_shares_one(demo: Seeded) -> None:
    upns = [pupil.upn for pupil in await demo.rows(Pupil)]
    assert len(set(upns)) == len(upns) == 331
    assert all(len(upn) == 13 and upn[1:].isdigit() for upn in upns)
    assert [upn for upn in upns if check_letter(upn[1:]) != upn[0]] == []


async def test_children_are_as_old_as_their_class(demo: Seeded) -> None:
    classes = {one.id: one.nc_years for one in await demo.rows(SchoolClass)}
    born = {pupil.id: pupil.born_on for pupil in await demo.rows(Pupil)}
    year_6 = [born[one.pupil_id] for one in await demo.rows(Registration) if classes.get(one.class_id) == ["6"]]
    # Year 6 of 2026/27 turns eleven between September 2026 and August 2027
    assert min(year_6) >= date(2015, 9, 1)
    assert max(year_6) <= date(2016, 8, 31)


async def test_seeding_leaves_the_ledger_to_those_who_read_and_write(demo: Seeded) -> None:
    assert await demo.rows(LedgerEntry) == []
    assert await broken_links(demo.database) == {}


async def test_the_schools_of_the_trust_have_three_years_of_calendar_and_the_periods_of_the_day(demo: Seeded) -> None:
    members = {school.id for school in await demo.rows(School) if school.kind == "member"}
    years = await demo.rows(AcademicYear)
    assert {year.school_id for year in years} == members
    assert len(years) == 9
    assert any(year.starts_on <= DAY <= year.ends_on for year in years)
    lessons = Counter(period.lesson for period in await demo.rows(DayPeriod))
    assert lessons == {True: 15, False: 9}


async def test_the_groups_of_the_bubble_are_of_children_who_are_there(demo: Seeded) -> None:
    here = {stay.pupil_id for stay in await demo.rows(Placement) if stay.until_on is None}
    groups = {group.name: set(group.pupil_ids) for group in await demo.rows(Group)}
    assert {name: len(pupils) for name, pupils in groups.items()} == {"Lego club": 4, "Breakfast table": 6}
    assert all(pupils <= here for pupils in groups.values())
