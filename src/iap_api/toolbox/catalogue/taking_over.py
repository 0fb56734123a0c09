"""A school takes over an entry of the shipped catalogue: what it says is copied into the school's own row."""

from typing import Any

from iap_api.core.errors import Invalid
from iap_api.toolbox.catalogue.entries import RESOURCES, Entry
from iap_api.toolbox.resource_shapes import ResourceCreate


def entered(body: ResourceCreate) -> dict[str, Any]:
    """Return the columns of a new resource: what was sent, and what was not from the entry it is taken from.

    Raises `Invalid` for a key that the catalogue has not, and without one where name or category is missing.
    """
    sent = body.model_dump()
    if body.catalogue_key is None:
        missing = [f"/{name}" for name in ("name", "category") if sent[name] is None]
        if missing:
            raise Invalid(errors=[(pointer, "is needed where no catalogue_key is sent") for pointer in missing])
        return sent
    entry = RESOURCES.get(body.catalogue_key)
    if entry is None:
        raise Invalid(errors=[("/catalogue_key", "is not an entry of the catalogue")])
    said = {name: sent[name] for name in body.model_fields_set if sent[name] is not None}
    return {**sent, **copied(entry), **said}


def copied(entry: Entry) -> dict[str, Any]:
    """Return what an entry says in the columns of a resource."""
    return {
        "name": entry.name,
        "category": entry.category,
        "zones": list(entry.zones),
        "strands": list(entry.strands),
        "nurture_principle": entry.nurture_principle,
        "purpose": entry.what_for,
        "note": entry.how_to_use,
        "risk_note": entry.safety,
        "allergens": list(entry.allergens),
        "cleaning_note": entry.cleaning,
    }
