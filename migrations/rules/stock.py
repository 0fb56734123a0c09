"""The rules of stock: never more issued than there is, an item returned once, a toolbox ended only when it is empty.

An item is the only thing anybody writes; its triggers keep the count on the resource. The order of locks is item or
toolbox, then resource. Items that come in already returned (history) are not counted.
"""

_FIXED = ("id", "school_id", "pupil_id", "toolbox_id", "resource_id", "issued_at")
_ISSUED = "UPDATE resources SET issued = issued + 1 WHERE id = NEW.resource_id"
_GIVEN_BACK = "UPDATE resources SET issued = issued - 1 WHERE id = {row}.resource_id"
_STILL_OUT = "EXISTS (SELECT 1 FROM toolbox_items WHERE toolbox_id = NEW.id AND returned_at IS NULL)"

_SETTINGS = "LANGUAGE plpgsql SET search_path = public, pg_temp"


def _raise(word: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = '{word}'"


def _row(name: str) -> str:
    return "(" + ", ".join(f"{name}.{column}" for column in _FIXED) + ")"


POSTGRESQL_UP = [
    # The toolbox is locked whatever its state: a filter on ended_on would read it before a rival's end commits.
    f"""
CREATE FUNCTION toolbox_items_issue() RETURNS trigger {_SETTINGS} AS $$
DECLARE gone date;
BEGIN
  SELECT ended_on INTO gone FROM toolboxes WHERE id = NEW.toolbox_id FOR SHARE;
  IF gone IS NOT NULL THEN {_raise("toolbox-ended")}; END IF;
  {_ISSUED} AND ended_on IS NULL AND issued < stock;
  IF FOUND THEN RETURN NEW; END IF;
  PERFORM FROM resources WHERE id = NEW.resource_id AND ended_on IS NULL;
  IF FOUND THEN {_raise("out-of-stock")}; END IF;
  {_raise("resource-ended")};
END
$$""",
    f"""
CREATE FUNCTION toolbox_items_return() RETURNS trigger {_SETTINGS} AS $$
BEGIN
  IF {_row("OLD")} IS DISTINCT FROM {_row("NEW")}
     OR (OLD.returned_at IS NOT NULL AND OLD.returned_at IS DISTINCT FROM NEW.returned_at) THEN
    {_raise("toolbox-item-fixed")};
  END IF;
  IF OLD.returned_at IS NULL AND NEW.returned_at IS NOT NULL THEN {_GIVEN_BACK.format(row="NEW")}; END IF;
  RETURN NEW;
END
$$""",
    f"""
CREATE FUNCTION toolbox_items_erase() RETURNS trigger {_SETTINGS} AS $$
BEGIN
  {_GIVEN_BACK.format(row="OLD")};
  RETURN NULL;
END
$$""",
    f"""
CREATE FUNCTION toolboxes_end() RETURNS trigger {_SETTINGS} AS $$
BEGIN
  IF {_STILL_OUT} THEN {_raise("toolbox-not-empty")}; END IF;
  RETURN NEW;
END
$$""",
    "CREATE TRIGGER toolbox_items_issue BEFORE INSERT ON toolbox_items FOR EACH ROW"
    " WHEN (NEW.returned_at IS NULL) EXECUTE FUNCTION toolbox_items_issue()",
    "CREATE TRIGGER toolbox_items_return BEFORE UPDATE ON toolbox_items FOR EACH ROW"
    " EXECUTE FUNCTION toolbox_items_return()",
    "CREATE TRIGGER toolbox_items_erase AFTER DELETE ON toolbox_items FOR EACH ROW"
    " WHEN (OLD.returned_at IS NULL) EXECUTE FUNCTION toolbox_items_erase()",
    "CREATE TRIGGER toolboxes_end BEFORE UPDATE ON toolboxes FOR EACH ROW"
    " WHEN (OLD.ended_on IS NULL AND NEW.ended_on IS NOT NULL) EXECUTE FUNCTION toolboxes_end()",
]
POSTGRESQL_DOWN = [
    "DROP TRIGGER toolboxes_end ON toolboxes",
    "DROP TRIGGER toolbox_items_erase ON toolbox_items",
    "DROP TRIGGER toolbox_items_return ON toolbox_items",
    "DROP TRIGGER toolbox_items_issue ON toolbox_items",
    "DROP FUNCTION toolboxes_end()",
    "DROP FUNCTION toolbox_items_erase()",
    "DROP FUNCTION toolbox_items_return()",
    "DROP FUNCTION toolbox_items_issue()",
]


def _refuse(word: str, when: str) -> str:
    return f"SELECT RAISE(ABORT, '{word}') WHERE {when};"


def _resource(condition: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM resources WHERE id = NEW.resource_id AND {condition})"


_CHANGED = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in _FIXED)

# SQLite has one writer at a time, so nothing is locked here.
SQLITE_UP = [
    f"""
CREATE TRIGGER toolbox_items_issue BEFORE INSERT ON toolbox_items FOR EACH ROW WHEN NEW.returned_at IS NULL BEGIN
  {_refuse("toolbox-ended", "(SELECT ended_on FROM toolboxes WHERE id = NEW.toolbox_id) IS NOT NULL")}
  {_refuse("resource-ended", _resource("ended_on IS NULL"))}
  {_refuse("out-of-stock", _resource("issued < stock"))}
  {_ISSUED};
END""",
    f"""
CREATE TRIGGER toolbox_items_fixed BEFORE UPDATE ON toolbox_items FOR EACH ROW
  WHEN {_CHANGED} OR (OLD.returned_at IS NOT NULL AND OLD.returned_at IS NOT NEW.returned_at) BEGIN
  SELECT RAISE(ABORT, 'toolbox-item-fixed');
END""",
    f"""
CREATE TRIGGER toolbox_items_return AFTER UPDATE ON toolbox_items FOR EACH ROW
  WHEN OLD.returned_at IS NULL AND NEW.returned_at IS NOT NULL BEGIN
  {_GIVEN_BACK.format(row="NEW")};
END""",
    f"""
CREATE TRIGGER toolbox_items_erase AFTER DELETE ON toolbox_items FOR EACH ROW WHEN OLD.returned_at IS NULL BEGIN
  {_GIVEN_BACK.format(row="OLD")};
END""",
    f"""
CREATE TRIGGER toolboxes_end BEFORE UPDATE ON toolboxes FOR EACH ROW
  WHEN OLD.ended_on IS NULL AND NEW.ended_on IS NOT NULL BEGIN
  {_refuse("toolbox-not-empty", _STILL_OUT)}
END""",
]
SQLITE_DOWN = [
    "DROP TRIGGER toolboxes_end",
    "DROP TRIGGER toolbox_items_erase",
    "DROP TRIGGER toolbox_items_return",
    "DROP TRIGGER toolbox_items_fixed",
    "DROP TRIGGER toolbox_items_issue",
]
