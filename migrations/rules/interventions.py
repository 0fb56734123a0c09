"""The rules that a restrictive intervention is not edited away: a signed one never changes, and none is deleted.

Erasing by the records package is let through (migrations/rules/erasing.py).
"""

from migrations.rules.erasing import OF_ROW

POSTGRESQL_UP = [
    f"""
CREATE FUNCTION intervention_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF {OF_ROW} THEN RETURN OLD; END IF;
    RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'intervention-stays';
  END IF;
  IF OLD.signed_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'intervention-signed';
  END IF;
  RETURN NEW;
END
$$""",
    "CREATE TRIGGER intervention_stays BEFORE UPDATE OR DELETE ON restrictive_interventions"
    " FOR EACH ROW EXECUTE FUNCTION intervention_stays()",
]
POSTGRESQL_DOWN = [
    "DROP TRIGGER intervention_stays ON restrictive_interventions",
    "DROP FUNCTION intervention_stays()",
]
SQLITE_UP = [
    "CREATE TRIGGER intervention_signed BEFORE UPDATE ON restrictive_interventions FOR EACH ROW"
    " WHEN OLD.signed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'intervention-signed'); END",
    "CREATE TRIGGER intervention_stays BEFORE DELETE ON restrictive_interventions FOR EACH ROW"
    f" WHEN NOT {OF_ROW} BEGIN SELECT RAISE(ABORT, 'intervention-stays'); END",
]
SQLITE_DOWN = ["DROP TRIGGER intervention_stays", "DROP TRIGGER intervention_signed"]
