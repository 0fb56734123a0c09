"""The rule of allergens: what a pupil is allergic to is issued to them only with a reason (toolbox/allergies).

Its name comes before `toolbox_items_issue`: PostgreSQL fires by name, so the pupil is locked before toolbox and resource.
"""

_POSTGRES = (
    "EXISTS (SELECT FROM resources r, pupils p WHERE r.id = NEW.resource_id AND p.id = NEW.pupil_id"
    " AND r.allergens && p.allergens)"
)
_SQLITE = (
    "EXISTS (SELECT 1 FROM resources r, json_each(r.allergens) a, pupils p, json_each(p.allergens) b"
    " WHERE r.id = NEW.resource_id AND p.id = NEW.pupil_id AND a.value = b.value)"
)

POSTGRESQL_UP = [
    f"""
CREATE FUNCTION toolbox_items_allergens() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM pupils WHERE id = NEW.pupil_id FOR SHARE;
  IF {_POSTGRES} THEN RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = 'allergic'; END IF;
  RETURN NEW;
END
$$""",
    "CREATE TRIGGER toolbox_items_allergens BEFORE INSERT ON toolbox_items FOR EACH ROW"
    " WHEN (NEW.allergy_override IS NULL) EXECUTE FUNCTION toolbox_items_allergens()",
]
POSTGRESQL_DOWN = [
    "DROP TRIGGER toolbox_items_allergens ON toolbox_items",
    "DROP FUNCTION toolbox_items_allergens()",
]
SQLITE_UP = [
    f"""
CREATE TRIGGER toolbox_items_allergens BEFORE INSERT ON toolbox_items FOR EACH ROW
  WHEN NEW.allergy_override IS NULL BEGIN
  SELECT RAISE(ABORT, 'allergic') WHERE {_SQLITE};
END""",
]
SQLITE_DOWN = ["DROP TRIGGER toolbox_items_allergens"]
