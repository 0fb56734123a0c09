"""The rules of stock, with lost items: one that is lost is out of its toolbox, and the stock is one fewer.

The first migration's rules made anew from their own words; they are put back as they were on the way down. The
resource's version rises with its stock, so whoever is editing that number has been overtaken and hears of it.
"""

from migrations.rules import stock

_OUT = "returned_at IS NULL AND {row}.lost_at IS NULL"
_NOW = {"POSTGRESQL": "now()", "SQLITE": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"}


def _lost(dialect: str) -> str:
    return (
        "UPDATE resources SET issued = issued - 1, stock = stock - 1, version = version + 1,"
        f" updated_at = {_NOW[dialect]} WHERE id = NEW.resource_id"
    )


_LOSS_STANDS = "OLD.lost_at IS NOT NULL AND (OLD.lost_at {other} NEW.lost_at OR NEW.returned_at IS NOT NULL)"
_LOST_AND_RETURNED = "NEW.lost_at IS NOT NULL AND NEW.returned_at IS NOT NULL"


def _written(statements: list[str], start: str) -> str:
    (found,) = (one for one in statements if one.strip().startswith(start))
    return found


def _altered(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"the rules of stock do not say {old} once any more")
        text = text.replace(old, new)
    return text


def _function(name: str, *changes: tuple[str, str]) -> str:
    made = _written(stock.POSTGRESQL_UP, f"CREATE FUNCTION {name}()")
    return _altered(made, ("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), *changes)


def _on_postgres(name: str, *changes: tuple[str, str]) -> str:
    return _altered(_written(stock.POSTGRESQL_UP, f"CREATE TRIGGER {name} "), *changes)


def _on_sqlite(name: str, *changes: tuple[str, str]) -> str:
    return _altered(_written(stock.SQLITE_UP, f"CREATE TRIGGER {name} "), *changes)


_STILL_OUT = ("returned_at IS NULL)", "returned_at IS NULL AND lost_at IS NULL)")
_ISSUED = ("NEW.returned_at IS NULL", f"NEW.{_OUT.format(row='NEW')}")
_ERASED = ("OLD.returned_at IS NULL", f"OLD.{_OUT.format(row='OLD')}")

POSTGRESQL_UP = [
    _function("toolboxes_end", _STILL_OUT),
    _function(
        "toolbox_items_return",
        (
            "BEGIN\n",
            f"""BEGIN
  IF ({_LOSS_STANDS.format(other="IS DISTINCT FROM")}) OR ({_LOST_AND_RETURNED}) THEN
    RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'toolbox-item-fixed';
  END IF;
""",
        ),
        (
            "  RETURN NEW;",
            f"  IF OLD.lost_at IS NULL AND NEW.lost_at IS NOT NULL THEN {_lost('POSTGRESQL')}; END IF;\n  RETURN NEW;",
        ),
    ),
    "DROP TRIGGER toolbox_items_issue ON toolbox_items",
    _on_postgres("toolbox_items_issue", _ISSUED),
    "DROP TRIGGER toolbox_items_erase ON toolbox_items",
    _on_postgres("toolbox_items_erase", _ERASED),
]
POSTGRESQL_DOWN = [
    "DROP TRIGGER toolbox_items_erase ON toolbox_items",
    _on_postgres("toolbox_items_erase"),
    "DROP TRIGGER toolbox_items_issue ON toolbox_items",
    _on_postgres("toolbox_items_issue"),
    _function("toolbox_items_return"),
    _function("toolboxes_end"),
]
SQLITE_UP = [
    "DROP TRIGGER toolbox_items_issue",
    _on_sqlite("toolbox_items_issue", _ISSUED),
    "DROP TRIGGER toolbox_items_erase",
    _on_sqlite("toolbox_items_erase", _ERASED),
    "DROP TRIGGER toolboxes_end",
    _on_sqlite("toolboxes_end", _STILL_OUT),
    f"""
CREATE TRIGGER toolbox_items_loss_stands BEFORE UPDATE ON toolbox_items FOR EACH ROW
  WHEN ({_LOSS_STANDS.format(other="IS NOT")}) OR ({_LOST_AND_RETURNED}) BEGIN
  SELECT RAISE(ABORT, 'toolbox-item-fixed');
END""",
    f"""
CREATE TRIGGER toolbox_items_lost AFTER UPDATE ON toolbox_items FOR EACH ROW
  WHEN OLD.lost_at IS NULL AND NEW.lost_at IS NOT NULL BEGIN
  {_lost("SQLITE")};
END""",
]
SQLITE_DOWN = [
    "DROP TRIGGER toolbox_items_lost",
    "DROP TRIGGER toolbox_items_loss_stands",
    "DROP TRIGGER toolboxes_end",
    _on_sqlite("toolboxes_end"),
    "DROP TRIGGER toolbox_items_erase",
    _on_sqlite("toolbox_items_erase"),
    "DROP TRIGGER toolbox_items_issue",
    _on_sqlite("toolbox_items_issue"),
]
