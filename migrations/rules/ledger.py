"""The rule that the ledger only grows: an entry may be sealed once, and nothing else about it ever changes."""

POSTGRESQL_UP = [
    """
CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.number IS NULL AND NEW.number IS NOT NULL
     AND (to_jsonb(OLD) - 'number' - 'digest') = (to_jsonb(NEW) - 'number' - 'digest') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'ledger-only-grows';
END
$$""",
    "CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE ON ledger_entries"
    " FOR EACH ROW EXECUTE FUNCTION ledger_only_grows()",
    "CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON ledger_entries EXECUTE FUNCTION ledger_only_grows()",
]
POSTGRESQL_DOWN = [
    "DROP TRIGGER ledger_never_emptied ON ledger_entries",
    "DROP TRIGGER ledger_only_grows ON ledger_entries",
    "DROP FUNCTION ledger_only_grows()",
]

_SAID = (
    "id", "school_id", "at", "account_id", "kind", "resource", "resource_id", "pupil_ids", "fields", "permission",
    "request_id",
)  # fmt: skip
_SAME = " AND ".join(f"OLD.{column} IS NEW.{column}" for column in _SAID)

SQLITE_UP = [
    "CREATE TRIGGER ledger_never_altered BEFORE UPDATE ON ledger_entries FOR EACH ROW"
    f" WHEN NOT (OLD.number IS NULL AND NEW.number IS NOT NULL AND {_SAME})"
    " BEGIN SELECT RAISE(ABORT, 'ledger-only-grows'); END",
    "CREATE TRIGGER ledger_never_deleted BEFORE DELETE ON ledger_entries FOR EACH ROW"
    " BEGIN SELECT RAISE(ABORT, 'ledger-only-grows'); END",
]
SQLITE_DOWN = ["DROP TRIGGER ledger_never_deleted", "DROP TRIGGER ledger_never_altered"]
