"""What it means in words when the database refuses a row: each named rule and the problem it stands for."""

import re
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from iap_api.core.errors import Conflict, IdTaken, Invalid, Problem

Refusal = Callable[[], Problem]
_rules: dict[str, Refusal] = {}
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (?:index '(?P<index>\w+)'|(?P<columns>[\w., ]+))")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (?P<name>\w+)")
_POSTGRES_NAME = re.compile(r'constraint "(?P<name>\w+)"')
OURS = "IAP01"


def refuse(rule: str, problem: Refusal) -> None:
    """Say which problem a broken rule becomes; `rule` is a constraint's name or the word a trigger raises."""
    _rules[rule] = problem


def broken_rule(error: DBAPIError) -> str | None:
    """Return the name of the rule that a driver error reports, the same on both databases, or None."""
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    if state == OURS:
        return text.rsplit(": ", 1)[-1].strip()
    if state is not None and state.startswith("23"):
        found = _POSTGRES_NAME.search(text)
        return found["name"] if found else None
    if found := _SQLITE_CHECK.search(text):
        return found["name"]
    if found := _SQLITE_UNIQUE.search(text):
        if found["index"]:
            return found["index"]
        parts = [part.strip().split(".") for part in found["columns"].split(",")]
        table, columns = parts[0][0], [part[-1] for part in parts]
        # a key such as (school_id, id), which composite foreign keys point at, breaks only when the id is taken
        return f"pk_{table}" if "id" in columns else f"uq_{table}_{'_'.join(columns)}"
    if "FOREIGN KEY constraint failed" in text:
        return "fk"
    return text.strip() if text.strip() in _rules else None


def refusal(error: DBAPIError) -> Problem | None:
    """Return the problem for a driver error that reports a broken rule, or None if it reports something else."""
    rule = broken_rule(error)
    if rule is None:
        return None
    if rule in _rules:
        return _rules[rule]()
    if rule.startswith("pk_") or rule.endswith("_id_id"):
        return IdTaken()
    if rule.startswith("fk"):
        return Invalid("Something this refers to does not exist, or is still needed elsewhere.")
    if rule.startswith(("uq_", "ck_", "ix_")):
        return Conflict("The record breaks a rule of the database.", rule=rule)
    return None
