"""The command line: serve, migrate, demo, ledger, notes, files, records, openapi, doctor."""

import gc
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer

from iap_api.file_commands import file_commands

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The IAP API.")
ledger_commands = typer.Typer(no_args_is_help=True, help="Look after the ledger.")
app.add_typer(ledger_commands, name="ledger")
note_commands = typer.Typer(no_args_is_help=True, help="Look after the keys that seal therapy notes.")
app.add_typer(note_commands, name="notes")
app.add_typer(file_commands, name="files")
records_commands = typer.Typer(no_args_is_help=True, help="Look after what was erased.")
app.add_typer(records_commands, name="records")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("iap-api"))
        raise typer.Exit()


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The record of a school's internal alternative provision behind one REST API."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.")] = 1,
) -> None:
    """Serve the API."""
    import uvicorn

    from iap_api.core.settings import settings

    chosen = settings()
    # nothing of what is loaded now is ever garbage; the application enables it once it stands
    gc.disable()
    uvicorn.run(
        "iap_api.main:create",
        factory=True,
        host=host or chosen.host,
        port=port or chosen.port,
        workers=workers if workers > 1 else None,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        # forwarded headers are read by access/addresses alone, from trusted proxies only
        proxy_headers=False,
        log_level="warning",
        timeout_graceful_shutdown=10,
        limit_concurrency=2000,
        backlog=1024,
    )


@app.command()
def migrate(revision: Annotated[str, typer.Argument(help="Where to.")] = "head") -> None:
    """Bring the database to the newest revision."""
    import asyncio

    from iap_api.core.migrating import let_in, upgrade
    from iap_api.core.settings import settings
    from iap_api.shipped import load_with_owner

    upgrade(settings().migration_database_url, revision)
    let_in(settings().migration_database_url, settings().database_url)
    if revision == "head":
        asyncio.run(load_with_owner(settings()))
    typer.echo("The database is at its newest revision, and what ships with it is loaded.")


@app.command()
def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Serve it when it is ready.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Start over: what was typed into the demo is lost.")] = False,
    pupils: Annotated[int, typer.Option(help="A large world instead, with so many pupils.")] = 0,
    bookings: Annotated[int, typer.Option(help="How many bookings the large world has.")] = 0,
) -> None:
    """Seed the demo trust (or a large world), and serve it."""
    import os

    os.environ.setdefault("IAP_ENVIRONMENT", "demo")
    os.environ.setdefault("IAP_LOG_LEVEL", "warning")
    from iap_api.core.settings import settings
    from iap_api.demo import show

    chosen = settings()
    if pupils or bookings:
        from iap_api.demo.large import load_large

        password = chosen.demo_password.get_secret_value()
        load_large(
            chosen.migration_database_url, pupils=pupils or 20_000, bookings=bookings or 1_000_000, password=password
        )
        return
    show.prepare(chosen, reset=reset)
    if serve:
        show.serve(chosen)


@app.command()
def doctor() -> None:
    """Say what is wrong with this configuration and its database."""
    import asyncio

    from pydantic import ValidationError

    from iap_api import doctor as practice
    from iap_api.core.settings import settings

    try:
        chosen = settings()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False, include_context=False):
            typer.echo(f"ill   settings: {fault['msg'].removeprefix('Value error, ')}")
        raise typer.Exit(1) from None
    findings = [*practice.of_settings(chosen), *asyncio.run(practice.of_database(chosen))]
    for one in findings:
        typer.echo(f"{one.state:<5} {one.about}{': ' if one.advice else ''}{one.advice}")
    if any(one.state == "ill" for one in findings):
        raise typer.Exit(1)


@app.command()
def worker() -> None:
    """Work off what is left for later: housekeeping, and whatever was put into the queue."""
    import asyncio

    from iap_api import worker as background
    from iap_api.core import log
    from iap_api.core.database import Database
    from iap_api.core.settings import settings
    from iap_api.files.keeping import store_of

    log.configure((chosen := settings()).log_level)
    minutes = chosen.visit_left_open_minutes
    asyncio.run(background.run(Database(chosen), store_of(chosen), left_open_minutes=minutes))


@app.command()
def openapi(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if the committed file is not fresh.")
    ] = False,
) -> None:
    """Write the contract to openapi/iap-api.json."""
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(IAP_ENVIRONMENT="demo", IAP_DATA_DIR=folder)
        from iap_api.contract import is_fresh, write

        if not check:
            typer.echo(f"Written: {write().name}")
        elif not is_fresh():
            typer.echo("openapi/iap-api.json is not what the application would give: run make fix.", err=True)
            raise typer.Exit(1)


@ledger_commands.command()
def verify() -> None:
    """Walk every school's chain and name the first broken link."""
    import asyncio

    from iap_api.access.sealer import broken_links
    from iap_api.core.database import Database
    from iap_api.core.settings import settings

    broken = asyncio.run(broken_links(Database(settings())))
    for school_id, (entries, number) in broken.items():
        verdict = "whole" if number is None else f"BROKEN at entry {number}"
        typer.echo(f"{school_id}  {entries} entries  {verdict}")
    if any(number is not None for _, number in broken.values()):
        raise typer.Exit(1)


@note_commands.command()
def new_key(
    name: Annotated[str, typer.Argument(help="Its id; a date is a good one.", metavar="ID")] = "",
) -> None:
    """Print a fresh key, to be put first in IAP_NOTE_KEYS and kept where backups of the database are not."""
    from iap_api.core import clock, sealing

    key = sealing.new_key(name or clock.today().isoformat())
    try:
        sealing.SealingKeys.parse(key)
    except sealing.UnfitKeys as error:
        typer.echo(f"A key {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(key)


@note_commands.command()
def rotate() -> None:
    """Seal every therapy note with the first key of IAP_NOTE_KEYS; the server may go on, and so may a second run."""
    import asyncio

    from iap_api.core.database import Database
    from iap_api.core.errors import Unavailable
    from iap_api.core.settings import settings
    from iap_api.pupils import note_rotation

    keys = settings().sealing_keys()
    if not keys:
        typer.echo("IAP_NOTE_KEYS is not set: iap-api notes new-key makes a key.", err=True)
        raise typer.Exit(1)
    try:
        done = asyncio.run(note_rotation.rotate_all(Database(settings()), keys))
    except Unavailable:
        typer.echo("The database is busy or away. What was sealed anew stays so: run it again.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{done.resealed} sealed anew, {done.left} left, {done.unreadable} that no key here opens.")
    if done.left or done.unreadable:
        raise typer.Exit(1)


@records_commands.command()
def erased() -> None:
    """Print who was erased, one JSON line each, ids only: keep it apart from the backups, which are older."""
    import msgspec

    from iap_api.core.settings import settings
    from iap_api.records import carrying_out

    for one in _on_database(carrying_out.erased, settings().database_url):
        typer.echo(msgspec.json.encode(one).decode())


@records_commands.command()
def erase_again(
    kept: Annotated[typer.FileText | None, typer.Argument(help="What `records erased` printed; - reads it.")] = None,
) -> None:
    """Erase again whoever came back with a restored backup; say how many, and fail if a legal hold keeps one."""
    from iap_api.core.settings import settings
    from iap_api.records import carrying_out

    stones = carrying_out.tombstones(kept or ())
    gone, held = _on_database(lambda one: carrying_out.erase_again(one, stones), settings().database_url)
    typer.echo(f"{gone} erased again, {held} under a legal hold.")
    if held:
        raise typer.Exit(1)


@records_commands.command()
def wipe() -> None:
    """Let the bytes of what was deleted go, with the owner's rights: VACUUM, and SQLite's log emptied."""
    from iap_api.core.settings import settings
    from iap_api.records import carrying_out

    _on_database(carrying_out.wipe, settings().migration_database_url)
    typer.echo("Wiped.")


def _on_database(work: Callable[[Any], Coroutine[Any, Any, T]], url: str) -> T:
    import asyncio

    from iap_api import every_table  # noqa: F401 - an erasure goes along every table there is
    from iap_api.core.database import Database
    from iap_api.core.settings import settings

    async def run() -> T:
        database = Database(settings().model_copy(update={"database_url": url}))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def main() -> None:
    """Run the command line; a setting that is missing or wrong ends in a sentence, not a traceback."""
    from pydantic import ValidationError

    try:
        app()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False, include_context=False):
            name = "_".join(("iap", *map(str, fault["loc"]))).upper() + ": " if fault["loc"] else ""
            typer.echo(f"{name}{fault['msg'].removeprefix('Value error, ')}", err=True)
        typer.echo("iap-api doctor says more. For the demo, set IAP_ENVIRONMENT=demo.", err=True)
        raise SystemExit(1) from None
