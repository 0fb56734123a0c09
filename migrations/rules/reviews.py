"""The rule that a closed review stays as it was: it, what was said for it and how its targets are worded."""

# Rating comes after the review, so these columns of a target move on.
_RATED = ("level", "level_note", "level_set_on", "version", "updated_at")
_SAID = (
    "id", "created_at", "school_id", "review_id", "pupil_id", "text", "strand", "area", "baseline", "measure",
    "due_on", "weight", "withdrawn_at", "withdrawn_by",
)  # fmt: skip
_TABLES = ("reviews", "review_contributions", "targets", "review_addenda")
_REFUSED = "RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'closed-review-stays'"
_WORDING = "to_jsonb({row}) - ARRAY[" + ", ".join(f"'{column}'" for column in _RATED) + "]"

POSTGRESQL_UP = [
    f"""
CREATE FUNCTION closed_review_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.status = 'closed' THEN
    {_REFUSED};
  ELSIF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END
$$""",
    # the review is locked before it is looked at, so that a closing under way is waited for and then seen
    f"""
CREATE FUNCTION part_of_closed_review_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  standing text;
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'targets' THEN
    IF {_WORDING.format(row="OLD")} = {_WORDING.format(row="NEW")} THEN
      RETURN NEW;
    END IF;
  END IF;
  FOR standing IN
    SELECT status FROM reviews WHERE id IN (OLD.review_id, NEW.review_id) ORDER BY id FOR SHARE
  LOOP
    IF standing = 'closed' THEN
      {_REFUSED};
    END IF;
  END LOOP;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END
$$""",
    f"""
CREATE FUNCTION review_record_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  {_REFUSED};
END
$$""",
    "CREATE TRIGGER closed_review_stays BEFORE UPDATE OR DELETE ON reviews"
    " FOR EACH ROW EXECUTE FUNCTION closed_review_stays()",
    *(
        f"CREATE TRIGGER part_of_closed_review_stays BEFORE INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION part_of_closed_review_stays()"
        for table in ("review_contributions", "targets")
    ),
    "CREATE TRIGGER addendum_stays BEFORE UPDATE OR DELETE ON review_addenda"
    " FOR EACH ROW EXECUTE FUNCTION review_record_stays()",
    *(
        f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION review_record_stays()"
        for table in _TABLES
    ),
]
POSTGRESQL_DOWN = [
    *(f"DROP TRIGGER never_emptied ON {table}" for table in _TABLES),
    "DROP TRIGGER addendum_stays ON review_addenda",
    *(f"DROP TRIGGER part_of_closed_review_stays ON {table}" for table in ("review_contributions", "targets")),
    "DROP TRIGGER closed_review_stays ON reviews",
    "DROP FUNCTION review_record_stays()",
    "DROP FUNCTION part_of_closed_review_stays()",
    "DROP FUNCTION closed_review_stays()",
]


def _sqlite(name: str, what: str, table: str, when: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW WHEN {when}"
        " BEGIN SELECT RAISE(ABORT, 'closed-review-stays'); END"
    )


def _closed(*review_ids: str) -> str:
    return f"EXISTS (SELECT 1 FROM reviews WHERE status = 'closed' AND id IN ({', '.join(review_ids)}))"


def _there(table: str) -> str:
    return f"(SELECT review_id FROM {table} WHERE id = NEW.id)"


_REWORDED = "NOT (" + " AND ".join(f"OLD.{column} IS NEW.{column}" for column in _SAID) + ")"

# SQLite fires no DELETE trigger for the row that INSERT OR REPLACE puts out of the way, so inserting asks for both.
SQLITE_UP = [
    _sqlite("closed_review_not_replaced", "INSERT", "reviews", _closed("NEW.id")),
    _sqlite("closed_review_not_altered", "UPDATE", "reviews", "OLD.status = 'closed'"),
    _sqlite("closed_review_not_deleted", "DELETE", "reviews", "OLD.status = 'closed'"),
    *(
        _sqlite(f"{table}_{name}", what, table, when)
        for table, reworded in (("review_contributions", "1"), ("targets", _REWORDED))
        for name, what, when in (
            ("not_added", "INSERT", _closed("NEW.review_id", _there(table))),
            ("not_altered", "UPDATE", f"{reworded} AND {_closed('OLD.review_id', 'NEW.review_id')}"),
            ("not_deleted", "DELETE", _closed("OLD.review_id")),
        )
    ),
    _sqlite("review_addenda_not_replaced", "INSERT", "review_addenda", f"{_there('review_addenda')} IS NOT NULL"),
    _sqlite("review_addenda_not_altered", "UPDATE", "review_addenda", "1"),
    _sqlite("review_addenda_not_deleted", "DELETE", "review_addenda", "1"),
]
SQLITE_DOWN = [f"DROP TRIGGER {statement.split()[2]}" for statement in reversed(SQLITE_UP)]
