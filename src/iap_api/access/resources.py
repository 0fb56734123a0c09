"""What the API reads and changes, gathered from its own routes: which permission opens which kind of record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from fastapi.routing import APIRoute

from iap_api.access.guard import guard_of
from iap_api.access.policy import Permission
from iap_api.access.reading import EVERY, Listed, Reading
from iap_api.core.shapes import Shape


@dataclass
class Resource:
    """One kind of record: how it is read, with which permission, and what else may be done with which others."""

    name: str
    reading: Reading[Any]
    permission: Permission
    things: str = ""
    shapes: list[type[Shape]] = field(default_factory=list)
    changes: dict[Permission, list[str]] = field(default_factory=dict)

    def fields(self) -> list[str]:
        """Return the members of a record that belong to no section, in the order they are sent."""
        names = [name for shape in self.shapes for name in shape.model_fields]
        return [name for name in dict.fromkeys(names) if name not in self.reading.sections]


def _shape_of(model: Any) -> Any:
    if isinstance(model, type) and issubclass(model, Listed):
        return get_args(model.model_fields["items"].annotation)[0]
    return model


def _reading_of(shape: Any) -> Reading[Any] | None:
    if not isinstance(shape, type):
        return None
    # an answer that shows more than the record (a secret, once) is still about that record
    return next((one for kind in shape.__mro__ for one in EVERY if one.shape is kind), None)


def _things(name: str, paths: Sequence[str]) -> str:
    last = min(paths, key=lambda path: path.count("{")).rsplit("/", 1)[-1]
    return " ".join([*name.split("_")[:-1], last.split("-")[-1]])


def resources_of(routes: Iterable[APIRoute]) -> dict[str, Resource]:
    """Return every kind of record that some route reads, by name.

    Nothing here is written by hand: a route answers a shape, the shape is a reading's, the guard names the permission.
    """
    found: dict[str, Resource] = {}
    lists: dict[str, list[str]] = {}
    rest: list[tuple[Reading[Any], Permission, APIRoute]] = []
    for route in routes:
        guard, reading = guard_of(route.dependant), _reading_of(_shape_of(route.response_model))
        if guard is None or guard.permission is None or reading is None:
            continue
        if "GET" not in (route.methods or ()):
            rest.append((reading, guard.permission, route))
            continue
        one = found.setdefault(reading.resource, Resource(reading.resource, reading, guard.permission))
        one.shapes.append(_shape_of(route.response_model))
        if _shape_of(route.response_model) is not route.response_model:
            lists.setdefault(reading.resource, []).append(route.path)
    for name, one in found.items():
        one.things = _things(name, lists[name]) if name in lists else name.replace("_", " ")
    for reading, permission, route in rest:
        # a search is a reading by POST
        if reading.resource in found and not getattr(route, "only_reads", False):
            found[reading.resource].changes.setdefault(permission, []).append(str(route.summary))
    return dict(sorted(found.items()))


def shown_with(resources: Iterable[Resource]) -> dict[Permission, list[Permission]]:
    """Return for each permission that changes records those that show them: every change is answered with the record.

    Source: data protection by default, UK GDPR Article 25(2).
    """
    found: dict[Permission, list[Permission]] = {}
    for resource in resources:
        for permission in resource.changes:
            if resource.permission not in found.setdefault(permission, []):
                found[permission].append(resource.permission)
    return found
