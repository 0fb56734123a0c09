"""The rules of files: a file goes with the row that refers to it, and its bytes are let go of by the worker.

Whichever way the row goes (another photo, an erasure, a hand in the database), its bytes go: the order to delete them
stands in the same transaction (files/forgetting). A table that comes to refer to files adds itself to `OWNERS`.
"""

FORGET = "forget_file"
OWNERS = (("resources", "photo_id"),)


def _goes_with(owner: str, column: str) -> tuple[list[str], list[str]]:
    name = f"{owner}_{column.removesuffix('_id')}_goes"
    gone = f"DELETE FROM files WHERE id = OLD.{column}"
    changed = f"OLD.{column} IS NOT NULL AND OLD.{column}"
    function = f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  {gone};
  RETURN NULL;
END
$$"""
    on_postgres = [
        function,
        f"CREATE TRIGGER {name} AFTER DELETE ON {owner} FOR EACH ROW"
        f" WHEN (OLD.{column} IS NOT NULL) EXECUTE FUNCTION {name}()",
        f"CREATE TRIGGER {name}_with_another AFTER UPDATE ON {owner} FOR EACH ROW"
        f" WHEN ({changed} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {name}()",
    ]
    on_sqlite = [
        f"CREATE TRIGGER {name} AFTER DELETE ON {owner} FOR EACH ROW WHEN OLD.{column} IS NOT NULL BEGIN {gone}; END",
        f"CREATE TRIGGER {name}_with_another AFTER UPDATE ON {owner} FOR EACH ROW"
        f" WHEN {changed} IS NOT NEW.{column} BEGIN {gone}; END",
    ]
    return on_postgres, on_sqlite


def _taken_down(owner: str, column: str) -> tuple[list[str], list[str]]:
    name = f"{owner}_{column.removesuffix('_id')}_goes"
    on_sqlite = [f"DROP TRIGGER {name}_with_another", f"DROP TRIGGER {name}"]
    return [*(f"{one} ON {owner}" for one in on_sqlite), f"DROP FUNCTION {name}()"], on_sqlite


POSTGRESQL_UP = [
    f"""
CREATE FUNCTION files_forgotten() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO jobs (id, kind, payload, run_at, tries)
  VALUES (gen_random_uuid(), '{FORGET}', json_build_object('name', OLD.name)::text, now(), 0);
  RETURN NULL;
END
$$""",
    "CREATE TRIGGER files_forgotten AFTER DELETE ON files FOR EACH ROW EXECUTE FUNCTION files_forgotten()",
    *(line for one in OWNERS for line in _goes_with(*one)[0]),
]
POSTGRESQL_DOWN = [
    *(line for one in OWNERS for line in _taken_down(*one)[0]),
    "DROP TRIGGER files_forgotten ON files",
    "DROP FUNCTION files_forgotten()",
]
SQLITE_UP = [
    f"""
CREATE TRIGGER files_forgotten AFTER DELETE ON files FOR EACH ROW BEGIN
  INSERT INTO jobs (id, kind, payload, run_at, tries)
  VALUES (lower(hex(randomblob(16))), '{FORGET}', json_object('name', OLD.name),
          strftime('%Y-%m-%d %H:%M:%f', 'now') || '000', 0);
END""",
    *(line for one in OWNERS for line in _goes_with(*one)[1]),
]
SQLITE_DOWN = [
    *(line for one in OWNERS for line in _taken_down(*one)[1]),
    "DROP TRIGGER files_forgotten",
]
