"""Where the files beside the package lie, and which migration this code expects."""

import re
from pathlib import Path

_REVISION = re.compile(r'^revision = "(?P<name>\w+)"', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = "(?P<name>\w+)"', re.MULTILINE)


def home() -> Path:
    """Return the folder that holds alembic.ini, migrations/ and openapi/."""
    for folder in (Path.cwd(), *Path(__file__).resolve().parents):
        if (folder / "alembic.ini").exists() and (folder / "openapi").exists():
            return folder
    raise FileNotFoundError("alembic.ini is neither in this folder nor beside the package")


def newest_revision() -> str:
    """Return the migration that no other one follows; the files are read, not run, for a fast start."""
    texts = [file.read_text("utf-8") for file in sorted((home() / "migrations" / "versions").glob("*.py"))]
    names = [found["name"] for text in texts if (found := _REVISION.search(text))]
    followed = {found["name"] for text in texts if (found := _BEFORE.search(text))}
    newest = [name for name in names if name not in followed]
    if len(newest) != 1:
        raise RuntimeError("the migrations have no single newest revision")
    return newest[0]
