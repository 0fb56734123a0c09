"""The eraser's pass: what otherwise never goes may go while a row in `erasing` says whose record is being erased.

That row is written and removed within one transaction, so on both databases nobody but the eraser ever sees it
(PostgreSQL: uncommitted; SQLite: one writer at a time). A setting of the session would do on PostgreSQL alone, and
anybody could set it; this row the database refuses unless two people approved a run that names the pupil, or the
pupil was erased before and has come back from a backup, and no legal hold stands.

Rules of earlier migrations that forbid deleting are made anew here with that exception, from their own words, and are
put back as they were on the way down. A later rule that forbids deleting about a pupil needs the same exception.
"""

import re

from migrations.rules import presence, profiles, reviews

HELD = "EXISTS (SELECT 1 FROM legal_holds h WHERE h.pupil_id = NEW.pupil_id AND h.ended_at IS NULL)"
APPROVED = (
    "EXISTS (SELECT 1 FROM retention_runs r JOIN retention_run_lines l ON l.run_id = r.id"
    " WHERE r.id = NEW.run_id AND r.status = 'executing' AND l.pupil_id = NEW.pupil_id)"
)
ERASED_BEFORE = "EXISTS (SELECT 1 FROM erased_pupils e WHERE e.pupil_id = NEW.pupil_id)"
OF_ROW = "EXISTS (SELECT 1 FROM erasing e WHERE e.pupil_id = OLD.pupil_id)"
# an answer names its profile only
OF_ANSWER = "EXISTS (SELECT 1 FROM erasing e JOIN profiles p ON p.pupil_id = e.pupil_id WHERE p.id = OLD.profile_id)"
# A booking loses one of its pupils: nobody is moved, and what was full or closed since is no reason to refuse.
OF_ANYBODY = "EXISTS (SELECT 1 FROM erasing)"

# function: its rules, when it steps aside, what it returns then
_FUNCTIONS = {
    "closed_review_stays": (reviews, "DELETE", OF_ROW, "OLD"),
    "part_of_closed_review_stays": (reviews, "DELETE", OF_ROW, "OLD"),
    "review_record_stays": (reviews, "DELETE", OF_ROW, "OLD"),
    "profile_answers_of_drafts": (profiles, "DELETE", OF_ANSWER, "OLD"),
    "bookings_lock_then_check": (presence, "UPDATE", OF_ANYBODY, "NEW"),
    "bookings_move_presences": (presence, "UPDATE", OF_ANYBODY, "NULL"),
}
_TRIGGERS = {
    "closed_review_not_deleted": (reviews, OF_ROW),
    "review_contributions_not_deleted": (reviews, OF_ROW),
    "targets_not_deleted": (reviews, OF_ROW),
    "review_addenda_not_deleted": (reviews, OF_ROW),
    "profile_answer_deleted": (profiles, OF_ANSWER),
    "bookings_update_check": (presence, OF_ANYBODY),
    "bookings_update_move": (presence, OF_ANYBODY),
}


def _written(statements: list[str], start: str) -> str:
    """The statement of an earlier migration that begins so; whoever renames it hears of it here."""
    (found,) = (one for one in statements if one.strip().startswith(start))
    return found


def _function(name: str) -> str:
    made = _written(_FUNCTIONS[name][0].POSTGRESQL_UP, f"CREATE FUNCTION {name}()")
    return made.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


def _stepping_aside(name: str) -> str:
    _rules, moment, when, returned = _FUNCTIONS[name]
    head, rest = _function(name).split("BEGIN\n", 1)
    return f"{head}BEGIN\n  IF TG_OP = '{moment}' THEN IF {when} THEN RETURN {returned}; END IF; END IF;\n{rest}"


def _trigger(name: str) -> str:
    return _written(_TRIGGERS[name][0].SQLITE_UP, f"CREATE TRIGGER {name} ")


def _trigger_stepping_aside(name: str) -> str:
    head, when, rest = re.split(r"FOR EACH ROW\s+WHEN (.*?) BEGIN", _trigger(name), maxsplit=1, flags=re.DOTALL)
    return f"{head}FOR EACH ROW WHEN ({when}) AND NOT {_TRIGGERS[name][1]} BEGIN{rest}"


def _anew(statements: dict[str, str]) -> list[str]:
    return [line for name, made in statements.items() for line in (f"DROP TRIGGER {name}", made)]


POSTGRESQL_UP = [
    f"""
CREATE FUNCTION erasing_is_approved() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF {HELD} THEN
    RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'pupil-held';
  END IF;
  IF {ERASED_BEFORE} OR {APPROVED} THEN RETURN NEW; END IF;
  RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'erasing-not-approved';
END
$$""",
    "CREATE TRIGGER erasing_is_approved BEFORE INSERT OR UPDATE ON erasing"
    " FOR EACH ROW EXECUTE FUNCTION erasing_is_approved()",
    *(_stepping_aside(name) for name in _FUNCTIONS),
]
POSTGRESQL_DOWN = [
    *(_function(name) for name in _FUNCTIONS),
    "DROP TRIGGER erasing_is_approved ON erasing",
    "DROP FUNCTION erasing_is_approved()",
]

SQLITE_UP = [
    *(
        f"CREATE TRIGGER erasing_{name} BEFORE {moment} ON erasing FOR EACH ROW BEGIN"
        f" SELECT RAISE(ABORT, 'pupil-held') WHERE {HELD};"
        f" SELECT RAISE(ABORT, 'erasing-not-approved') WHERE NOT ({ERASED_BEFORE} OR {APPROVED}); END"
        for name, moment in (("is_approved", "INSERT"), ("stays_approved", "UPDATE"))
    ),
    *_anew({name: _trigger_stepping_aside(name) for name in _TRIGGERS}),
]
SQLITE_DOWN = [
    *_anew({name: _trigger(name) for name in _TRIGGERS}),
    "DROP TRIGGER erasing_stays_approved",
    "DROP TRIGGER erasing_is_approved",
]
