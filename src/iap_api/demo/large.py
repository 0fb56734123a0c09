"""The large world: twenty schools with a base each, and as many made-up pupils and bookings as are asked for.

The same seed gives the same rows. Nobody clashes, by construction: in one period each space has one booking, and the
people of a school are dealt out to its spaces like cards.
"""

import asyncio

from iap_api.core.migrating import upgrade
from iap_api.demo.large_rows import LargeWorld, Making
from iap_api.demo.loading import copy_into_postgresql, insert_into_sqlite

__all__ = ["LargeWorld", "load_large"]


def load_large(
    url: str, *, pupils: int, bookings: int, schools: int = 20, seed: int = 20261124, progress: bool = True,
    password: str | None = None,
) -> LargeWorld:  # fmt: skip
    """Migrate an empty database, fill it with the large world and return its ids.

    The SENCOs are `senco.<n>@large.iap.example`, n from 1; they can sign in if a `password` is given, and each has a
    sign-in of thirty days already. Presences follow the bookings: on SQLite the triggers derive them, on PostgreSQL
    they are copied beside them and the constraints check them all when they are put back.
    """
    if min(pupils, bookings, schools) < 1:
        raise ValueError("a large world needs at least one school, one pupil and one booking")
    upgrade(url)
    making = Making(pupils, bookings, schools, seed, password)
    people = making.people()
    if url.startswith("sqlite"):
        insert_into_sqlite(url, [*people, making.bookings()], progress=progress)
    else:
        asyncio.run(copy_into_postgresql(url, people, [making.bookings(), making.presences()], progress=progress))
    return making.world
