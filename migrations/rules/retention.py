"""The rules of retention runs: what was looked at stays, two people approve, and only then does anything go.

A run goes proposed → executing → executed, or proposed → withdrawn; nothing else about it changes. Its lines and
approvals are only ever added, lines while nobody has approved. What was erased stays on record.
"""

# kept equal by the rules; the rest are the columns a step writes
_FIXED = ("id", "school_id", "due_on", "subject_request_id", "pupil_id", "digest", "made_by", "created_at")
_STEPS = (
    "OLD.status = NEW.status OR (OLD.status = 'proposed' AND NEW.status IN ('executing', 'withdrawn'))"
    " OR (OLD.status = 'executing' AND NEW.status = 'executed')"
)
_FEWER_THAN_TWO = "(SELECT count(*) FROM retention_approvals a WHERE a.run_id = NEW.id) < 2"
_BEGINS = "OLD.status <> 'executing' AND NEW.status = 'executing'"
_OPEN = "EXISTS (SELECT 1 FROM retention_runs r WHERE r.id = NEW.run_id AND r.status = 'proposed')"
_APPROVED = "EXISTS (SELECT 1 FROM retention_approvals a WHERE a.run_id = NEW.run_id)"
_STAY = {"retention_run_lines": "retention-run-stays", "retention_approvals": "retention-run-stays",
         "erased_pupils": "erased-stays"}  # fmt: skip

_SETTINGS = "LANGUAGE plpgsql SET search_path = public, pg_temp"


def _raised(word: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = '{word}';"


def _differ(columns: tuple[str, ...], operator: str) -> str:
    return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in columns)


POSTGRESQL_UP = [
    f"""
CREATE FUNCTION retention_run_steps() RETURNS trigger {_SETTINGS} AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN {_raised("retention-run-stays")} END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'proposed' THEN {_raised("retention-run-state")} END IF;
    RETURN NEW;
  END IF;
  IF {_differ(_FIXED, "IS DISTINCT FROM")} THEN {_raised("retention-run-stays")} END IF;
  IF NOT ({_STEPS}) THEN {_raised("retention-run-state")} END IF;
  IF {_BEGINS} THEN
    IF {_FEWER_THAN_TWO} THEN {_raised("retention-needs-two")} END IF;
  END IF;
  RETURN NEW;
END
$$""",
    "CREATE TRIGGER retention_run_steps BEFORE INSERT OR UPDATE OR DELETE ON retention_runs"
    " FOR EACH ROW EXECUTE FUNCTION retention_run_steps()",
    f"""
CREATE FUNCTION retention_run_parts() RETURNS trigger {_SETTINGS} AS $$
BEGIN
  PERFORM 1 FROM retention_runs r WHERE r.id = NEW.run_id FOR SHARE;
  IF NOT {_OPEN} THEN {_raised("retention-run-state")} END IF;
  IF TG_TABLE_NAME = 'retention_run_lines' THEN
    IF {_APPROVED} THEN {_raised("retention-run-stays")} END IF;
  END IF;
  RETURN NEW;
END
$$""",
    *(
        f"CREATE TRIGGER retention_run_parts BEFORE INSERT ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION retention_run_parts()"
        for table in ("retention_run_lines", "retention_approvals")
    ),
    f"""
CREATE FUNCTION retention_record_stays() RETURNS trigger {_SETTINGS} AS $$
BEGIN
  IF TG_TABLE_NAME = 'erased_pupils' THEN {_raised("erased-stays")} END IF;
  {_raised("retention-run-stays")}
END
$$""",
    *(
        f"CREATE TRIGGER retention_record_stays BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION retention_record_stays()"
        for table in _STAY
    ),
    *(
        f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION retention_record_stays()"
        for table in ("retention_runs", *_STAY)
    ),
]
POSTGRESQL_DOWN = [
    *(f"DROP TRIGGER never_emptied ON {table}" for table in ("retention_runs", *_STAY)),
    *(f"DROP TRIGGER retention_record_stays ON {table}" for table in _STAY),
    *(f"DROP TRIGGER retention_run_parts ON {table}" for table in ("retention_run_lines", "retention_approvals")),
    "DROP TRIGGER retention_run_steps ON retention_runs",
    "DROP FUNCTION retention_record_stays()",
    "DROP FUNCTION retention_run_parts()",
    "DROP FUNCTION retention_run_steps()",
]


def _refuse(word: str, when: str) -> str:
    return f"SELECT RAISE(ABORT, '{word}') WHERE {when};"


# name, moment, what is refused; SQLite fires no DELETE trigger for the row that INSERT OR REPLACE puts out of the way
_TRIGGERS = [
    (
        "retention_runs_begin", "INSERT ON retention_runs",
        _refuse("retention-run-state", "NEW.status <> 'proposed'")
        + _refuse("retention-run-taken", "EXISTS (SELECT 1 FROM retention_runs r WHERE r.id = NEW.id)"),
    ),
    (
        "retention_runs_step", "UPDATE ON retention_runs",
        _refuse("retention-run-stays", _differ(_FIXED, "IS NOT"))
        + _refuse("retention-run-state", f"NOT ({_STEPS})")
        + _refuse("retention-needs-two", f"{_BEGINS} AND {_FEWER_THAN_TWO}"),
    ),
    ("retention_runs_stay", "DELETE ON retention_runs", _refuse("retention-run-stays", "1")),
    (
        "retention_run_lines_added", "INSERT ON retention_run_lines",
        _refuse("retention-run-state", f"NOT {_OPEN}") + _refuse("retention-run-stays", _APPROVED),
    ),
    ("retention_approvals_added", "INSERT ON retention_approvals", _refuse("retention-run-state", f"NOT {_OPEN}")),
    *(
        (f"{table}_{name}", f"{moment} ON {table}", _refuse(word, "1"))
        for table, word in _STAY.items()
        for name, moment in (("not_altered", "UPDATE"), ("not_deleted", "DELETE"))
    ),
]  # fmt: skip

SQLITE_UP = [
    f"CREATE TRIGGER {name} BEFORE {moment} FOR EACH ROW BEGIN {refused} END" for name, moment, refused in _TRIGGERS
]
SQLITE_DOWN = [f"DROP TRIGGER {name}" for name, _, _ in reversed(_TRIGGERS)]
