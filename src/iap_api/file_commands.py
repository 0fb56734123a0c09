"""The commands for files: their keys sealed anew, and the store swept by hand."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

T = TypeVar("T")

file_commands = typer.Typer(no_args_is_help=True, help="Look after files and the keys that seal them.")


@file_commands.command()
def rotate() -> None:
    """Seal the key of every file with the first key of IAP_FILE_KEYS; the server may go on, and so may a second run."""
    from iap_api.core.database import Database
    from iap_api.core.settings import settings
    from iap_api.files import key_rotation

    async def run() -> key_rotation.Rotated:
        database = Database(settings())
        try:
            return await key_rotation.rotate(database, settings().file_sealing_keys())
        finally:
            await database.close()

    done = _done(run())
    typer.echo(f"{done.resealed} sealed anew, {done.unreadable} that no key here opens.")
    if done.unreadable:
        raise typer.Exit(1)


@file_commands.command()
def sweep() -> None:
    """Delete what has been in the store for a day and has no row; the worker does so every day."""
    from iap_api.core.database import Database
    from iap_api.core.settings import settings
    from iap_api.files import forgetting
    from iap_api.files.keeping import store_of

    async def run() -> None:
        database, store = Database(settings()), store_of(settings())
        try:
            await forgetting.sweep(database, store)
        finally:
            await store.close()
            await database.close()

    _done(run())
    typer.echo("Swept.")


def _done(work: Coroutine[Any, Any, T]) -> T:
    import asyncio

    from iap_api.core.errors import Unavailable
    from iap_api.files.store import StoreAway

    try:
        return asyncio.run(work)
    except (Unavailable, StoreAway):
        typer.echo("The database or the store is busy or away. What was done stays so: run it again.", err=True)
        raise typer.Exit(1) from None
