"""The command line: serve, migrate, demo, ledger, openapi, doctor."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The IAP API.")
ledger_commands = typer.Typer(no_args_is_help=True, help="Look after the ledger.")
app.add_typer(ledger_commands, name="ledger")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("iap-api"))
        raise typer.Exit()


@app.callback()
def about(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
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
        log_level="warning",
        timeout_graceful_shutdown=10,
        limit_concurrency=2000,
        backlog=1024,
    )


@app.command()
def migrate(revision: Annotated[str, typer.Argument(help="Where to.")] = "head") -> None:
    """Bring the database to the newest revision."""
    from iap_api.core.migrating import upgrade
    from iap_api.core.settings import settings

    upgrade(settings().migration_database_url, revision)
    typer.echo("The database is at its newest revision.")


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


def main() -> None:
    """Run the command line."""
    app()


__all__ = ["Path", "app", "main"]
