"""What a record of a restrictive intervention may become: signed with the adults named, or withdrawn with a reason.

Of whom and of which kind it is, is fixed from the start, so that no record leaves the figures. Made anew
from the rules in `interventions`, with the same exception for erasing.
"""

from migrations.rules import interventions

_FIXED = ("school_id", "pupil_id", "visit_id", "kind")
_WITHDRAWN_WRONGLY = "NEW.withdrawn_at IS NOT NULL AND (NEW.withdrawn_by IS NULL OR NEW.withdrawn_why IS NULL OR NEW.signed_at IS NOT NULL)"


def _refuse(word: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = '{word}'"


_FORMER = interventions.POSTGRESQL_UP[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
_before, _after = _FORMER.rsplit("  RETURN NEW;", 1)
_OLD, _NEW = (f"({', '.join(f'{row}.{column}' for column in _FIXED)})" for row in ("OLD", "NEW"))
_STAYS = f"""{_before}  IF OLD.withdrawn_at IS NOT NULL THEN
    {_refuse("intervention-withdrawn")};
  END IF;
  IF {_NEW} IS DISTINCT FROM {_OLD} THEN
    {_refuse("intervention-fixed")};
  END IF;
  RETURN NEW;{_after}"""

POSTGRESQL_UP = [
    _STAYS,
    f"""
CREATE FUNCTION intervention_whole() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  {_refuse("intervention-incomplete")};
END
$$""",
    "CREATE TRIGGER intervention_whole BEFORE INSERT OR UPDATE ON restrictive_interventions FOR EACH ROW"
    f" WHEN ((NEW.signed_at IS NOT NULL AND cardinality(NEW.staff_ids) = 0) OR ({_WITHDRAWN_WRONGLY}))"
    " EXECUTE FUNCTION intervention_whole()",
]
POSTGRESQL_DOWN = [
    "DROP TRIGGER intervention_whole ON restrictive_interventions",
    "DROP FUNCTION intervention_whole()",
    _FORMER,
]

_MOVED = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _FIXED)
# of several BEFORE triggers SQLite promises no order: one row breaks one rule only, but for what is signed already
_TRIGGERS = {
    "intervention_withdrawn": ("UPDATE", "OLD.withdrawn_at IS NOT NULL", "intervention-withdrawn"),
    "intervention_fixed": (
        "UPDATE", f"OLD.signed_at IS NULL AND OLD.withdrawn_at IS NULL AND ({_MOVED})", "intervention-fixed",
    ),
    **{
        f"intervention_whole_{moment.lower()}": (
            moment,
            f"(NEW.signed_at IS NOT NULL AND json_array_length(NEW.staff_ids) = 0) OR ({_WITHDRAWN_WRONGLY})",
            "intervention-incomplete",
        )
        for moment in ("INSERT", "UPDATE")
    },
}  # fmt: skip
SQLITE_UP = [
    f"CREATE TRIGGER {name} BEFORE {moment} ON restrictive_interventions FOR EACH ROW WHEN {when}"
    f" BEGIN SELECT RAISE(ABORT, '{word}'); END"
    for name, (moment, when, word) in _TRIGGERS.items()
]
SQLITE_DOWN = [f"DROP TRIGGER {name}" for name in reversed(_TRIGGERS)]
