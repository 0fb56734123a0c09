"""The doctor: looks at a configuration and its database and says, line by line, what is wrong and what to do."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.signing_keys import BadSigningKey, SigningKeys
from iap_api.core.database import Database
from iap_api.core.errors import Problem
from iap_api.core.home import newest_revision
from iap_api.core.sealing import SealingKeys
from iap_api.core.settings import Settings
from iap_api.documentation.pages import contract_is_there
from iap_api.files import looked_at
from iap_api.files.keeping import Files
from iap_api.files.s3_store import S3Store
from iap_api.pupils.note_rotation import count_by_key, wrong_keys
from iap_api.pupils.tables import Pupil
from iap_api.records.tables import ErasedPupil

State = Literal["well", "mind", "ill"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `well`, `mind` (works, but) or `ill`; and what to do."""

    state: State
    about: str
    advice: str = ""


def of_settings(settings: Settings) -> list[Finding]:
    """Look at what needs no database."""
    found = []
    if settings.environment == "demo":
        found.append(Finding("mind", "environment", "IAP_ENVIRONMENT is demo: never with real children."))
    else:
        found.append(Finding("well", "secrets"))
    try:
        if settings.signing_key.get_secret_value():
            SigningKeys.from_pem(settings.signing_key.get_secret_value().encode())
            found.append(Finding("well", "signing key"))
    except BadSigningKey as error:
        found.append(Finding("ill", "signing key", str(error)))
    if settings.sealing_keys():
        found.append(Finding("well", "note keys"))
    else:
        found.append(
            Finding("mind", "note keys", "Set IAP_NOTE_KEYS, or no therapy note is written: iap-api notes new-key.")
        )
    if settings.issuer == "https://iap.example":
        found.append(Finding("mind", "issuer", "Set IAP_ISSUER to the address your school knows this server by."))
    if not settings.hosts and settings.environment == "production":
        found.append(Finding("mind", "hosts", "Set IAP_HOSTS so that only your own host names are answered."))
    if settings.loopback_providers and settings.environment == "production":
        found.append(Finding("mind", "identity providers", "IAP_LOOPBACK_PROVIDERS is for trying out: unset it."))
    if settings.data_dir.exists() and not os.access(settings.data_dir, os.W_OK):
        found.append(Finding("ill", "data folder", "IAP_DATA_DIR cannot be written by this user."))
    if not contract_is_there():
        found.append(Finding("ill", "contract", "openapi/iap-api.json is missing: run iap-api openapi."))
    return found


async def of_database(settings: Settings) -> list[Finding]:
    """Look at the database: reachable, migrated, fenced, in time."""
    database = Database(settings)
    try:
        async with database.transaction(read_only=True) as session:
            found = [Finding("well", f"{database.dialect} answers")]
            found += [one async for one in _of_state(session)]
            if not any(one.state == "ill" for one in found):
                found += await _of_notes(session, settings.sealing_keys())
                found += await _of_files(session, Files(settings))
            if database.dialect == "postgresql":
                found += [one async for one in _of_postgres(session, settings)]
            return found
    except (Problem, DBAPIError, OSError):
        return [Finding("ill", "database", "It does not answer at IAP_DATABASE_URL: is it running, is the URL right?")]
    finally:
        await database.close()


async def _of_state(session: AsyncSession) -> AsyncIterator[Finding]:
    try:
        at = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    except DBAPIError:
        await session.rollback()
        at = None
    if at == newest_revision():
        yield Finding("well", "migrations")
    else:
        yield Finding("ill", "migrations", "The database is not at the newest revision: run iap-api migrate.")
        return
    back = select(col(ErasedPupil.pupil_id)).where(col(ErasedPupil.pupil_id).in_(select(col(Pupil.id)))).limit(1)
    if (await session.execute(back)).first() is None:
        yield Finding("well", "erasures")
    else:
        yield Finding("ill", "erasures", "Erased pupils are back, from a backup: run iap-api records erase-again.")


async def _of_notes(session: AsyncSession, keys: SealingKeys) -> list[Finding]:
    texts = await count_by_key(session)
    lost = sum(many for key_id, many in texts.items() if key_id not in keys)
    waiting = texts.total() - lost - texts[keys.first or ""]
    found = []
    if lost:
        advice = f"{lost} texts are sealed with a key that IAP_NOTE_KEYS does not hold: add it, or they stay closed."
        found.append(Finding("ill", "therapy notes", advice))
    if wrong := await wrong_keys(session, keys):
        advice = (
            f"{len(wrong)} keys do not open what is sealed under their id: is it the right key, was a note altered?"
        )
        found.append(Finding("ill", "therapy notes", advice))
    if waiting:
        advice = f"{waiting} texts are not sealed with the first key yet: iap-api notes rotate."
        found.append(Finding("mind", "therapy notes", advice))
    return found or [Finding("well", "therapy notes")]


async def _of_files(session: AsyncSession, files: Files) -> list[Finding]:
    try:
        if not await looked_at.store_works(files.store):
            where = "IAP_FILE_STORE and its keys" if isinstance(files.store, S3Store) else "the folder of IAP_DATA_DIR"
            return [Finding("ill", "files", f"The store of files cannot be written and read: look at {where}.")]
        found = []
        if lost := await looked_at.count_without_key(session, files.keys):
            advice = (
                f"{lost} are sealed with a key that is not here: add it to IAP_FILE_KEYS, or set the old IAP_SECRET."
            )
            found.append(Finding("ill", "files", advice))
        if broken := await looked_at.count_unreadable(session, files):
            advice = (
                f"{broken} of the newest {looked_at.LOOKED_AT} do not open: is their folder, or bucket, the right one?"
            )
            found.append(Finding("ill", "files", advice))
        return found or [Finding("well", "files")]
    finally:
        await files.store.close()


async def _of_postgres(session: AsyncSession, settings: Settings) -> AsyncIterator[Finding]:
    async def ask(statement: str) -> Any:
        return (await session.execute(text(statement))).scalar_one()

    if int(await ask("SELECT current_setting('server_version_num')")) < 140000:
        yield Finding("ill", "version", "PostgreSQL 14 or newer is needed.")
    if await ask("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        yield Finding("ill", "fence", "The API's role passes row security: it will not be ready. Use a plain role.")
    elif await ask("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user)"):
        yield Finding("mind", "fence", "The API's role owns the tables: let IAP_MIGRATION_DATABASE_URL's own them.")
    else:
        yield Finding("well", "fence")
    room = int(await ask("SELECT current_setting('max_connections')::int"))
    if room < settings.pool_size + 10:
        yield Finding("ill", "connections", "max_connections is less than IAP_POOL_SIZE and ten to spare, per worker.")
    ahead = abs((await ask("SELECT clock_timestamp()") - datetime.now(UTC)).total_seconds())
    if ahead > 5:
        yield Finding("ill", "clock", "The clocks of server and database differ: tokens and dates will be wrong.")
