"""The rules of the house that a reader would otherwise have to remember (design 3)."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from iap_api import every_table
from iap_api.core.shapes import Shape
from tests.house.contract import ROOT

SOURCE = ROOT / "src" / "iap_api"
FILES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN = {"service", "services", "utils", "util", "helpers", "helper", "manager", "managers", "common", "misc",
             "repository", "models", "schemas", "views"}  # fmt: skip
# what belongs to no school: who signs in and with what, the trust itself, and the official codes
WITHOUT_A_SCHOOL = {"accounts", "clients", "client_secrets", "held_roles", "sign_ins", "throttles", "known_addresses",
                    "kept_keys", "trusts", "identity_providers", "identities", "schools", "codes", "jobs",
                    "retention_rules"}  # fmt: skip


def _named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_the_walk_sees_the_house() -> None:
    assert len(FILES) > 80


@pytest.mark.parametrize("file", FILES, ids=_named)
def test_a_file_is_short_and_says_what_it_is(file: Path) -> None:
    text = file.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    sentence = ast.get_docstring(ast.parse(text))
    assert sentence, "opens with a sentence that says what it is"
    assert re.search(r"[.?!]$", sentence.splitlines()[0]), "its first line is a whole sentence"


def test_every_file_and_folder_is_named_by_a_word_of_the_field() -> None:
    names = {part for file in FILES for part in (*file.relative_to(SOURCE).parts[:-1], file.stem)}
    assert not names & FORBIDDEN


def test_nobody_commits_but_the_guard_and_the_ground_it_stands_on() -> None:
    committing = {_named(file) for file in FILES if ".commit(" in file.read_text("utf-8")}
    assert committing == {
        "src/iap_api/access/guard.py", "src/iap_api/core/database.py", "src/iap_api/core/transactions.py"
    }  # fmt: skip


def test_no_route_raises_a_bare_status() -> None:
    assert not [_named(file) for file in FILES if "raise HTTPException" in file.read_text("utf-8")]


def test_a_table_says_whose_school_it_is_of_or_why_not() -> None:
    assert every_table.PACKAGES
    tables = SQLModel.metadata.tables
    assert {name for name, table in tables.items() if "school_id" not in table.columns} == WITHOUT_A_SCHOOL


def _shapes(of: type[Shape] = Shape) -> set[type[Shape]]:
    return {of, *(deeper for one in of.__subclasses__() for deeper in _shapes(one))}


def test_what_is_answered_has_no_defaults() -> None:
    for file in FILES:
        if file.stem not in ("__main__", "__init__"):
            import_module(".".join(file.relative_to(ROOT / "src").with_suffix("").parts))
    shapes = _shapes()
    assert len(shapes) > 30
    assert not {f"{one.__name__}.{name}" for one in shapes for name, member in one.model_fields.items()
                if not member.is_required()}  # fmt: skip


def test_a_read_shape_is_no_table() -> None:
    assert not {one.__name__ for one in _shapes() if issubclass(one, SQLModel)}
