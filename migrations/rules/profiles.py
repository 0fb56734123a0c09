"""The rules that what was signed never changes: completed profiles, their answers, and definitions in use.

A whole profile may be deleted (erasure takes its answers along); a single answer of a signed one may not.
"""

_LATER = ("status", "version", "updated_at")
_RETIRING = (*_LATER, "retired_at", "retired_by")
_INSTRUMENT = (
    "id",
    "trust_id",
    "school_id",
    "key",
    "instrument_version",
    "title",
    "wording_owner",
    "youngest",
    "oldest",
    "re_assessment_interval_weeks",
    "item_count",
    "norm_version",
    "definition",
    "imported_by",
    "created_at",
)
_IDENTITY = ("id", "school_id", "pupil_id", "instrument_id", "supersedes_id", "started_by", "created_at")
_SIGNED = (
    *_IDENTITY,
    "norm_version",
    "observed_on",
    "age_years",
    "note",
    "completed_at",
    "completed_by",
    "scores",
    "correction_reason",
    "withdrawn_at",
    "withdrawn_by",
)

_TOTALS = ("totals", "totals_source")
_UNANSWERED = """(SELECT count(*) FROM profile_answers WHERE profile_id = NEW.id AND value IS NOT NULL)
    <> (SELECT item_count FROM instruments WHERE id = NEW.instrument_id)"""
# what was added up elsewhere has no answers (profiles/totals)
_UNANSWERED_BUT_TOTALS = f"NEW.totals IS NULL AND {_UNANSWERED}"


def _raised(word: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = '{word}';"


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $${body}$$"


def _but(columns: tuple[str, ...]) -> str:
    left_out = ", ".join(f"'{column}'" for column in columns)
    return f"(to_jsonb(OLD) - ARRAY[{left_out}]) = (to_jsonb(NEW) - ARRAY[{left_out}])"


def _same(columns: tuple[str, ...]) -> str:
    return "(" + " AND ".join(f"OLD.{column} IS NEW.{column}" for column in columns) + ")"


def _kept_word(unanswered: str) -> str:
    return _function(
        "profile_keeps_its_word",
        f"""
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status = 'draft' THEN RETURN NEW; END IF;
    {_raised("profile-starts-as-draft")}
  END IF;
  IF OLD.status = 'completed' AND NEW.status = 'superseded' AND {_but(_LATER)} THEN RETURN NEW; END IF;
  IF OLD.status <> 'draft' OR NEW.status = 'superseded'
     OR ({", ".join(f"OLD.{column}" for column in _IDENTITY)})
        IS DISTINCT FROM ({", ".join(f"NEW.{column}" for column in _IDENTITY)}) THEN
    {_raised("profile-never-changes")}
  END IF;
  IF NEW.status = 'completed' AND {unanswered} THEN
    {_raised("profile-incomplete")}
  END IF;
  RETURN NEW;
END
""",
    )


# The share lock makes an answer wait for a signature under way, whoever forgot to lock the draft first.
POSTGRESQL_UP = [
    _function(
        "instrument_never_changes",
        f"""
BEGIN
  IF {_but(_RETIRING)} THEN RETURN NEW; END IF;
  {_raised("instrument-never-changes")}
END
""",
    ),
    "CREATE TRIGGER instrument_never_changes BEFORE UPDATE ON instruments"
    " FOR EACH ROW EXECUTE FUNCTION instrument_never_changes()",
    _kept_word(_UNANSWERED),
    "CREATE TRIGGER profile_keeps_its_word BEFORE INSERT OR UPDATE ON profiles"
    " FOR EACH ROW EXECUTE FUNCTION profile_keeps_its_word()",
    _function(
        "profile_answers_of_drafts",
        f"""
DECLARE
  stands text;
BEGIN
  SELECT status INTO stands FROM profiles
   WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.profile_id ELSE NEW.profile_id END FOR SHARE;
  IF stands <> 'draft' OR (TG_OP = 'UPDATE' AND OLD.profile_id <> NEW.profile_id) THEN
    {_raised("profile-closed")}
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END
""",
    ),
    "CREATE TRIGGER profile_answers_of_drafts BEFORE INSERT OR UPDATE OR DELETE ON profile_answers"
    " FOR EACH ROW EXECUTE FUNCTION profile_answers_of_drafts()",
]
POSTGRESQL_DOWN = [
    "DROP TRIGGER profile_answers_of_drafts ON profile_answers",
    "DROP FUNCTION profile_answers_of_drafts()",
    "DROP TRIGGER profile_keeps_its_word ON profiles",
    "DROP FUNCTION profile_keeps_its_word()",
    "DROP TRIGGER instrument_never_changes ON instruments",
    "DROP FUNCTION instrument_never_changes()",
]


def _trigger(name: str, moment: str, when: str, word: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {moment} FOR EACH ROW WHEN {when} BEGIN SELECT RAISE(ABORT, '{word}'); END"


_STILL_OPEN = f"(OLD.status = 'draft' AND NEW.status <> 'superseded' AND {_same(_IDENTITY)})"


def _kept_by_sqlite(signed: tuple[str, ...], unanswered: str) -> tuple[str, str]:
    superseded = f"(OLD.status = 'completed' AND NEW.status = 'superseded' AND {_same(signed)})"
    return (
        _trigger(
            "profile_never_changes",
            "UPDATE ON profiles",
            f"NOT ({superseded} OR {_STILL_OPEN})",
            "profile-never-changes",
        ),
        _trigger(
            "profile_incomplete",
            "UPDATE ON profiles",
            f"OLD.status = 'draft' AND NEW.status = 'completed' AND {unanswered}",
            "profile-incomplete",
        ),
    )


SQLITE_UP = [
    _trigger(
        "instrument_never_changes", "UPDATE ON instruments", f"NOT {_same(_INSTRUMENT)}", "instrument-never-changes"
    ),
    _trigger("profile_starts_as_draft", "INSERT ON profiles", "NEW.status <> 'draft'", "profile-starts-as-draft"),
    *_kept_by_sqlite(_SIGNED, _UNANSWERED),
    *(
        _trigger(
            f"profile_answer_{word}",
            f"{moment} ON profile_answers",
            f"(SELECT status FROM profiles WHERE id = {row}.profile_id) <> 'draft'{also}",
            "profile-closed",
        )
        for word, moment, row, also in (
            ("added", "INSERT", "NEW", ""),
            ("altered", "UPDATE", "NEW", " OR OLD.profile_id IS NOT NEW.profile_id"),
            ("deleted", "DELETE", "OLD", ""),
        )
    ),
]
SQLITE_DOWN = [
    "DROP TRIGGER profile_answer_deleted",
    "DROP TRIGGER profile_answer_altered",
    "DROP TRIGGER profile_answer_added",
    "DROP TRIGGER profile_incomplete",
    "DROP TRIGGER profile_never_changes",
    "DROP TRIGGER profile_starts_as_draft",
    "DROP TRIGGER instrument_never_changes",
]

_AGAIN = ("DROP TRIGGER profile_never_changes", "DROP TRIGGER profile_incomplete")
TOTALS_POSTGRESQL_UP = [_kept_word(_UNANSWERED_BUT_TOTALS).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)]
TOTALS_POSTGRESQL_DOWN = [_kept_word(_UNANSWERED).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)]
TOTALS_SQLITE_UP = [*_AGAIN, *_kept_by_sqlite((*_SIGNED, *_TOTALS), _UNANSWERED_BUT_TOTALS)]
TOTALS_SQLITE_DOWN = [*_AGAIN, *_kept_by_sqlite(_SIGNED, _UNANSWERED)]
