"""Reads an instrument's definition from JSON into frozen objects and refuses one that does not add up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, PlainSerializer, ValidationError

from iap_api.profiles.definition_forms import Age, Key, Line, Note, Part, Reliability, Slug, Version

Direction = Literal["higher_is_better", "lower_is_better"]


class Fault(NamedTuple):
    """One thing wrong: an RFC 6901 pointer into what was sent, and a sentence for the person who sent it."""

    pointer: str
    detail: str


class BadInstrument(ValueError):
    """A definition that cannot be used; `errors` lists everything found wrong with it."""

    def __init__(self, errors: Iterable[tuple[str, str]]) -> None:
        self.errors = tuple(Fault(*error) for error in errors)
        super().__init__("; ".join(f"{at or '(the whole)'}: {detail}" for at, detail in self.errors))


class AgeRange(Part):
    """Ages in completed years, both ends included: a pupil of 11 years 11 months is within 4 to 11."""

    youngest: Age = Field(alias="from")
    oldest: Age = Field(alias="to")

    def __contains__(self, years: int) -> bool:
        return self.youngest <= years <= self.oldest


class ScaleValue(Part):
    value: Annotated[int, Field(strict=True, ge=0, le=10)]
    meaning: Line


class Strand(Part):
    key: Key
    title: Line
    about: Line


class Cluster(Part):
    key: Key
    title: Line
    strands: Annotated[tuple[Strand, ...], Field(min_length=1, max_length=50)]


class Section(Part):
    key: Key
    title: Line
    direction: Direction
    # a definition that says nothing of it reads back as it was sent
    reliability: Annotated[Reliability | None, Field(exclude_if=lambda value: value is None)] = None
    clusters: Annotated[tuple[Cluster, ...], Field(min_length=1, max_length=20)]


class Item(Part):
    key: Key
    section: Key
    strand: Key
    statement: Line


class Band(Part):
    """The strand totals, both ends included, that competently functioning children usually obtain."""

    lowest: Annotated[int, Field(strict=True, ge=0)] = Field(alias="from")
    highest: Annotated[int, Field(strict=True, ge=0)] = Field(alias="to")


Bands = Annotated[
    Mapping[Key, Band], AfterValidator(MappingProxyType), PlainSerializer(dict, return_type=dict[str, Band])
]


class AgeBands(Part):
    age_years: AgeRange
    bands: Bands


class Norm(Part):
    """One version of the norms; where a strand has a band for the pupil's age, that one counts."""

    version: Version
    source: Line
    note: Note
    provisional: Annotated[bool, Field(strict=True)] = False
    bands: Bands = MappingProxyType({})
    age_bands: Annotated[tuple[AgeBands, ...], Field(max_length=25)] = ()

    def bands_at(self, age_years: int | None) -> Mapping[str, Band]:
        """The range of each strand that has one, at an age in completed years (None: the general ranges)."""
        for group in self.age_bands:
            if age_years is not None and age_years in group.age_years:
                return {**self.bands, **group.bands}
        return self.bands


class Instrument(Part):
    """One version of an instrument; the last of its norms is the current one."""

    key: Slug
    version: Version
    title: Line
    wording_owner: Line
    note: Note | None = None
    age_years: AgeRange
    scale: Annotated[tuple[ScaleValue, ...], Field(min_length=2, max_length=11)]
    re_assessment_interval_weeks: Annotated[int, Field(strict=True, ge=1, le=104)]
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=10)]
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=500)]
    norms: Annotated[tuple[Norm, ...], Field(max_length=50)] = ()

    @cached_property
    def scale_values(self) -> frozenset[int]:
        return frozenset(step.value for step in self.scale)

    @cached_property
    def items_by_key(self) -> Mapping[str, Item]:
        return MappingProxyType({item.key: item for item in self.items})

    @cached_property
    def strand_items(self) -> Mapping[str, tuple[Item, ...]]:
        """The items that feed each strand, in the order they are asked."""
        feeding: dict[str, list[Item]] = {}
        for item in self.items:
            feeding.setdefault(item.strand, []).append(item)
        return MappingProxyType({strand: tuple(items) for strand, items in feeding.items()})

    @cached_property
    def strand_places(self) -> Mapping[str, tuple[tuple[str, tuple[str, ...], int], ...]]:
        """For each cluster its strands in reading order: key, keys of its items, the most they can total."""
        top = max(self.scale_values)
        feeding = {
            key: (key, tuple(item.key for item in items), top * len(items)) for key, items in self.strand_items.items()
        }
        return MappingProxyType(
            {c.key: tuple(feeding[t.key] for t in c.strands) for s in self.sections for c in s.clusters}
        )


def read_instrument(raw: bytes | Mapping[str, Any]) -> Instrument:
    """Read a definition, as JSON in UTF-8 or already parsed; raises BadInstrument with every fault found."""
    document = _parse(raw) if isinstance(raw, bytes) else raw
    try:
        instrument = Instrument.model_validate(document)
    except ValidationError as error:
        raise BadInstrument(_shape_faults(error)) from None
    faults = [*_structure_faults(instrument), *_item_faults(instrument), *_norm_faults(instrument)]
    if faults:
        raise BadInstrument(faults)
    return instrument


def shipped_instrument(name: str) -> Instrument:
    """An instrument that comes with the software, by key and version joined with a hyphen."""
    return read_instrument((files("iap_api.profiles") / "instruments" / f"{name}.json").read_bytes())


def instrument_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a definition, for clients; what adds up to what is checked here alone."""
    return dict(json.loads((files("iap_api.profiles") / "instruments/instrument.schema.json").read_bytes()))


def pointer(*steps: str | int) -> str:
    """A JSON pointer (RFC 6901) to a member, by its steps from the top."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _parse(raw: bytes) -> Any:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # JSON lets a later member silently replace an earlier one: a norm typed twice must not pass.
        if len(dict(pairs)) < len(pairs):
            raise BadInstrument([("", "An object has the same member twice.")])
        return dict(pairs)

    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=members)
    except BadInstrument:
        raise
    except (ValueError, RecursionError):
        raise BadInstrument([("", "This is not JSON in UTF-8.")]) from None


_PLAIN_WORDS = {
    "missing": "This member is needed.",
    "extra_forbidden": "This member is not known here.",
    "string_type": "Text is expected.",
    "string_pattern_mismatch": "The text is empty, has spaces at an end, or has characters not allowed here.",
    "float_type": "A number is expected.",
    "int_type": "A whole number is expected.",
    "bool_type": "True or false is expected.",
    "too_short": "More entries are needed here.",
    "tuple_type": "A list is expected.",
    "model_type": "An object is expected.",
    "mapping_type": "An object is expected.",
}


def _shape_faults(error: ValidationError) -> Iterator[Fault]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for this in found:
        # A list whose entries are at fault counts as too short as well, which would mislead.
        if this["type"] == "too_short" and any(len(o["loc"]) > 1 and o["loc"][:-1] == this["loc"] for o in found):
            continue
        steps = [step for step in this["loc"] if step != "[key]"]
        yield Fault(pointer(*steps), _PLAIN_WORDS.get(this["type"], this["msg"] + "."))


def _structure_faults(instrument: Instrument) -> Iterator[Fault]:
    if instrument.age_years.youngest > instrument.age_years.oldest:
        yield Fault("/age_years", "The range ends before it starts.")
    values = [step.value for step in instrument.scale]
    if values != list(range(values[0], values[0] + len(values))):
        yield Fault("/scale", "The values must go up one at a time, with no gap and none twice.")
    seen: dict[str, set[str]] = {"section": set(), "cluster": set(), "strand": set()}

    def repeated(kind: str, key: str, *steps: str | int) -> Iterator[Fault]:
        if key in seen[kind]:
            yield Fault(pointer(*steps, "key"), f"Another {kind} already has this key.")
        seen[kind].add(key)

    for s, section in enumerate(instrument.sections):
        yield from repeated("section", section.key, "sections", s)
        for c, cluster in enumerate(section.clusters):
            yield from repeated("cluster", cluster.key, "sections", s, "clusters", c)
            for t, strand in enumerate(cluster.strands):
                place = ("sections", s, "clusters", c, "strands", t)
                yield from repeated("strand", strand.key, *place)
                if strand.key not in instrument.strand_items:
                    yield Fault(pointer(*place), "No item feeds this strand.")


def _item_faults(instrument: Instrument) -> Iterator[Fault]:
    home = {t.key: s.key for s in instrument.sections for c in s.clusters for t in c.strands}
    seen: set[str] = set()
    for n, item in enumerate(instrument.items):
        if item.key in seen:
            yield Fault(pointer("items", n, "key"), "Another item already has this key.")
        seen.add(item.key)
        if item.strand not in home:
            yield Fault(pointer("items", n, "strand"), "There is no such strand.")
        elif item.section != home[item.strand]:
            yield Fault(pointer("items", n, "section"), "The item's strand stands in another section.")


def _norm_faults(instrument: Instrument) -> Iterator[Fault]:
    seen: set[str] = set()
    for n, norm in enumerate(instrument.norms):
        if norm.version in seen:
            yield Fault(pointer("norms", n, "version"), "Another norm already has this version.")
        seen.add(norm.version)
        yield from _band_faults(instrument, norm.bands, "norms", n, "bands")
        ages: set[int] = set()
        for a, group in enumerate(norm.age_bands):
            place = ("norms", n, "age_bands", a)
            years = set(range(group.age_years.youngest, group.age_years.oldest + 1))
            if not years:
                yield Fault(pointer(*place, "age_years"), "The range ends before it starts.")
            elif ages & years:
                yield Fault(pointer(*place, "age_years"), "The ages overlap those of an earlier group.")
            ages |= years
            yield from _band_faults(instrument, group.bands, *place, "bands")


def _band_faults(instrument: Instrument, bands: Mapping[str, Band], *steps: str | int) -> Iterator[Fault]:
    top = max(instrument.scale_values)
    for strand, band in bands.items():
        if strand not in instrument.strand_items:
            yield Fault(pointer(*steps, strand), "There is no such strand.")
        elif band.lowest > band.highest:
            yield Fault(pointer(*steps, strand), "The range ends before it starts.")
        elif band.highest > top * len(instrument.strand_items[strand]):
            yield Fault(pointer(*steps, strand, "to"), "This is more than the strand can total.")
