"""A private PostgreSQL for the tests: started in a second, known to this process alone, gone when it ends."""

import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

URL_VARIABLE = "IAP_TEST_DATABASE_URL"
OLDEST_MAJOR = 14
PROGRAMS = ("postgres", "initdb", "pg_ctl", "createdb")
WHAT_TO_DO = (
    "The tests need PostgreSQL 14 or later. Either install it (on Debian: apt-get install postgresql), "
    "or put its programs on PATH, "
    f"or set {URL_VARIABLE} to a database that the tests may fill and empty."
)

# The cluster is thrown away, so nothing is spent on surviving a crash.
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
fsync = off
full_page_writes = off
synchronous_commit = off
timezone = 'UTC'
"""

# Waits for its owner's end of the pipe to close, which happens however the owner dies, SIGKILL included.
KEEPER = """
trap '' INT TERM HUP
cat
"$1" -D "$2/data" -m immediate stop
rm -rf "$2"
"""


class PostgresUnavailableError(RuntimeError):
    """There is no PostgreSQL to test on and none could be installed; the message says what to do."""


@contextlib.contextmanager
def private_postgres() -> Iterator[str]:
    """Yield the SQLAlchemy URL of a database whose user may create databases and roles.

    That is the one IAP_TEST_DATABASE_URL names, if set; otherwise a new cluster on loopback, made from the
    machine's own programs or from Debian's package, and removed when the block or this process ends.
    """
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield _for_asyncpg(given)
        return
    programs = _programs()
    owner = _owner()
    with _kept_folder(programs, owner) as folder:
        password = secrets.token_hex(16)
        _make_cluster(programs, folder, owner, password)
        port = _start(programs, folder, owner)
        _run(
            [programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "iap", "iap_test"],
            folder,
            owner,
            {"PGPASSWORD": password},
        )
        yield f"postgresql+asyncpg://iap:{password}@127.0.0.1:{port}/iap_test"


def _for_asyncpg(url: str) -> str:
    """Name our driver in a URL that names none or another; refuse a URL of another database."""
    rewritten, found = re.subn(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)
    if not found:
        raise PostgresUnavailableError(f"{URL_VARIABLE} must begin with postgresql://. {WHAT_TO_DO}")
    return rewritten


def _programs() -> Path:
    """The folder of a complete and recent enough server, from Debian's package if the machine has none."""
    found = next(filter(_is_complete, _candidate_folders()), None)
    if found is None:
        _install_package()
        found = next(filter(_is_complete, _candidate_folders()), None)
    if found is None:
        raise PostgresUnavailableError(WHAT_TO_DO)
    return found


def _candidate_folders() -> Iterator[Path]:
    """Yield the folders that may hold a server: the user's choice first, then Debian's, newest first."""
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    pg_config = shutil.which("pg_config")
    if pg_config:
        told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            yield Path(told.stdout.strip())
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)


def _is_complete(folder: Path) -> bool:
    """Whether the folder holds every program needed (pg_config comes without a server), recent enough."""
    if not all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
        return False
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"(\d+)", told.stdout)
    return version is not None and int(version[1]) >= OLDEST_MAJOR


def _install_package() -> None:
    """Install Debian's PostgreSQL, as root or by a sudo that asks no password."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (as_root and not shutil.which("sudo")):
        raise PostgresUnavailableError(WHAT_TO_DO)
    print("No PostgreSQL on this machine: installing Debian's package ...", file=sys.stderr)
    apt_get = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
        done = subprocess.run([*apt_get, *step], stdin=subprocess.DEVNULL, stdout=2, check=False)
        if done.returncode != 0:
            raise PostgresUnavailableError(f"apt-get {step[0]} failed. {WHAT_TO_DO}")


def _owner() -> pwd.struct_passwd | None:
    """The account that runs the server when we are root, whom PostgreSQL refuses; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresUnavailableError(
        "PostgreSQL does not run as root, and this machine has neither a postgres nor a nobody account."
    )


@contextlib.contextmanager
def _kept_folder(programs: Path, owner: pwd.struct_passwd | None) -> Iterator[Path]:
    """Make the cluster's folder and set a keeper over it, who stops the server and removes the folder."""
    # A root process may have a temporary folder that its unprivileged account cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="iap-postgres-", dir=None if owner is None else "/tmp"))
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    try:
        # In a session of its own, or Ctrl-C in the terminal would end it with everything else.
        with subprocess.Popen(
            ["sh", "-c", KEEPER, "keeper", programs / "pg_ctl", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            user=owner and owner.pw_uid,
            group=owner and owner.pw_gid,
            extra_groups=None if owner is None else [],
        ):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_cluster(programs: Path, folder: Path, owner: pwd.struct_passwd | None, password: str) -> None:
    """Create the cluster with one superuser; a password, since other accounts reach loopback as well."""
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if owner is not None:
        os.chown(secret, owner.pw_uid, owner.pw_gid)
    options = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--username=iap", "--auth=scram-sha-256"]
    _run([programs / "initdb", "-D", folder / "data", *options, f"--pwfile={secret}"], folder, owner)
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)


def _start(programs: Path, folder: Path, owner: pwd.struct_passwd | None) -> int:
    """Start the server and return its port; another program may take a free port first, hence the tries."""
    log = folder / "server.log"
    for _ in range(5):
        port = _free_port()
        started = _try(
            [programs / "pg_ctl", "-D", folder / "data", "-l", log, "-o", f"-p {port}", "-w", "-s", "start"],
            folder,
            owner,
        )
        if started.returncode == 0:
            return port
    raise PostgresUnavailableError(f"The private PostgreSQL did not start:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    """A TCP port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(
    command: Sequence[str | Path],
    folder: Path,
    owner: pwd.struct_passwd | None,
    variables: dict[str, str] | None = None,
) -> None:
    """Run one of the server's programs as its owner; raise with what it said if it fails."""
    done = _try(command, folder, owner, variables)
    if done.returncode != 0:
        raise PostgresUnavailableError(f"{Path(command[0]).name} failed:\n{done.stdout}")


def _try(
    command: Sequence[str | Path],
    folder: Path,
    owner: pwd.struct_passwd | None,
    variables: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one of the server's programs as its owner, free of the caller's own PostgreSQL variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(
        command,
        cwd=folder,
        env=clean | {"LC_ALL": "C.UTF-8"} | (variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=owner and owner.pw_uid,
        group=owner and owner.pw_gid,
        extra_groups=None if owner is None else [],
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command after `--` with IAP_TEST_DATABASE_URL set, and return its exit code."""
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: python -m tests.postgres -- COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    try:
        with (
            private_postgres() as url,
            subprocess.Popen(arguments[1:], env=os.environ | {URL_VARIABLE: url}) as command,
        ):
            # The terminal's Ctrl-C reaches the command by itself, and its clean-up still needs the server.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda *_: command.terminate())
            code = command.wait()
    except (PostgresUnavailableError, FileNotFoundError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
