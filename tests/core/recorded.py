"""What the ledger holds about one caller, and a fuller roll, for tests that look at records."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.tables import LedgerEntry
from iap_api.pupils.tables import Pupil, Registration
from tests.world import Person, World


async def entries_of(world: World, person: Person, request_id: str | None = None) -> list[LedgerEntry]:
    """The entries that one person caused, oldest first; of one request if given."""
    async with world.app.state.database.transaction(read_only=True) as session:
        mine = select(LedgerEntry).where(col(LedgerEntry.account_id) == person.account.id).order_by(col(LedgerEntry.id))
        found = (await session.execute(mine)).scalars().all()
    return [one for one in found if request_id in (None, one.request_id)]


def named_in(entry: LedgerEntry) -> set[UUID]:
    """The pupils an entry names: 16 bytes each."""
    packed = entry.pupil_ids
    return {UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)}


async def fill_roll(world: World, school_id: UUID, how_many: int) -> list[UUID]:
    """Put more pupils on a school's roll, and say which."""
    made = []
    for number in range(how_many):
        pupil = world.add(
            Pupil(
                trust_id=world.trust_id, school_id=school_id, given_name=f"Given{number}", family_name="Quillon",
                search_name=f"given{number} quillon", born_on=date(2018, 1, 1), sex="F",
            )
        )  # fmt: skip
        world.add(Registration(school_id=school_id, pupil_id=pupil.id, from_on=date(2025, 9, 1)))
        made.append(pupil.id)
    await world.save()
    return made
