"""The rule that no two academic years of one school share a day, which two people entering one could break together."""

_NAME = "academic_years_overlap"

POSTGRESQL_UP = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"ALTER TABLE academic_years ADD CONSTRAINT {_NAME} EXCLUDE USING gist"
    " (school_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&)",
]
POSTGRESQL_DOWN = [f"ALTER TABLE academic_years DROP CONSTRAINT {_NAME}"]

# SQLite has one writer at a time, so a look before the row is written is enough.
SQLITE_UP = [
    f"""
CREATE TRIGGER {_NAME}_{event.lower()} BEFORE {event} ON academic_years FOR EACH ROW BEGIN
  SELECT RAISE(ABORT, '{_NAME}') WHERE EXISTS (
    SELECT 1 FROM academic_years WHERE school_id = NEW.school_id AND id <> NEW.id
       AND starts_on <= NEW.ends_on AND ends_on >= NEW.starts_on);
END"""
    for event in ("INSERT", "UPDATE")
]
SQLITE_DOWN = [f"DROP TRIGGER {_NAME}_{event}" for event in ("update", "insert")]
