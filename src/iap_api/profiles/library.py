"""The library of instruments: what comes with the software, who sees which, and each definition read once."""

from importlib.resources import files
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.policy import Permission
from iap_api.access.scope import among
from iap_api.access.telling import told
from iap_api.core.errors import Conflict, Invalid
from iap_api.core.refusals import refuse
from iap_api.core.transactions import Prepared
from iap_api.profiles.definition import Instrument as Definition
from iap_api.profiles.definition import read_instrument
from iap_api.profiles.tables import Instrument
from iap_api.schools.tables import School

READ_AT_MOST = 64
_read: dict[UUID, Definition] = {}


class InstrumentTaken(Conflict):
    status, kind, title = 409, "instrument-taken", "This version of the instrument is here already"
    advice = "A version is never edited: give the definition a new version, or use the one that is here."


class InstrumentRetired(Conflict):
    status, kind, title = 409, "instrument-retired", "The instrument is retired"
    advice = "Begin new profiles with the version that took its place; drafts begun earlier can be completed."


class InstrumentFixed(Conflict):
    status, kind, title = 409, "instrument-fixed", "This instrument cannot be changed"
    advice = "A version is never edited, and what comes with the software stays: import a version of your own."


refuse("uq_instruments_trust_id_key_instrument_version", InstrumentTaken)
refuse("uq_instruments_shipped", InstrumentTaken)
refuse("instrument-never-changes", InstrumentFixed)


@told(school="{Things} that come with the software, and those of the trust of {place}.")
def instrument_visible(_kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter for the instruments that come with the software and those of the caller's own trusts."""
    trusts = select(col(School.trust_id)).where(among(School.id, "scope_around"))
    return or_(col(Instrument.trust_id).is_(None), col(Instrument.trust_id).in_(trusts))


def instrument_held(_kinds: frozenset[str]) -> ColumnElement[bool]:
    """Return the filter for the instruments a caller may retire, and the shipped ones, to say why not those."""
    return or_(col(Instrument.trust_id).is_(None), among(Instrument.school_id, "scope_around"))


class Named(NamedTuple):
    """An instrument that a caller asked about: its key, whose it is and how often it is used again."""

    id: UUID
    key: str
    trust_id: UUID | None
    re_assessment_interval_weeks: int


_NAMED = Prepared(
    select(*(getattr(Instrument, name) for name in Named._fields)).where(
        col(Instrument.id) == bindparam("wanted", type_=Uuid()), instrument_visible(frozenset())
    )
)


async def instrument_named(caller: Caller, instrument_id: UUID) -> Named:
    """Return an instrument named in a query, retired or not; raises `Invalid` for absent and out of reach alike."""
    scope = caller.may(Permission.instrument_read)
    rows = await caller.rows(_NAMED, {**scope.binds(), "wanted": instrument_id}) if scope else ()
    if not rows:
        raise Invalid(errors=[("/instrument_id", "is not an instrument within your reach")])
    return Named(*rows[0])


def row_of(definition: Definition) -> dict[str, Any]:
    """Return the columns that a definition fills."""
    return {
        "key": definition.key,
        "instrument_version": definition.version,
        "title": definition.title,
        "wording_owner": definition.wording_owner,
        "youngest": definition.age_years.youngest,
        "oldest": definition.age_years.oldest,
        "re_assessment_interval_weeks": definition.re_assessment_interval_weeks,
        "item_count": len(definition.items),
        "norm_version": definition.norms[-1].version if definition.norms else None,
        "definition": definition.model_dump_json(by_alias=True),
    }


async def load_shipped(session: AsyncSession) -> int:
    """Add the instruments that come with the software and are not there yet; return how many come with it.

    A version that is there stays as it was loaded: profiles stand on it.
    """
    shipped = [
        read_instrument(one.read_bytes())
        for one in sorted((files("iap_api.profiles") / "instruments").iterdir(), key=lambda one: one.name)
        if one.name.endswith(".json") and not one.name.endswith(".schema.json")
    ]
    known = select(col(Instrument.key), col(Instrument.instrument_version)).where(col(Instrument.trust_id).is_(None))
    there = {(row[0], row[1]) for row in (await session.execute(known)).all()}
    session.add_all(
        Instrument(**row_of(definition)) for definition in shipped if (definition.key, definition.version) not in there
    )
    await session.flush()
    return len(shipped)


async def definition_of(session: AsyncSession, instrument_id: UUID) -> Definition:
    """Return the definition of an instrument that exists, parsed at most once per process: it never changes."""
    found = _read.get(instrument_id)
    if found is None:
        text = (
            await session.execute(select(col(Instrument.definition)).where(col(Instrument.id) == instrument_id))
        ).scalar_one()
        if len(_read) >= READ_AT_MOST:
            _read.clear()
        found = _read[instrument_id] = read_instrument(text.encode())
    return found
