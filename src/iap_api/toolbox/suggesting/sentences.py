"""Each reason of a suggestion as one plain sentence with its numbers, for a teacher who checks it."""

from collections.abc import Mapping

from iap_api.toolbox.suggesting.points import Reason
from iap_api.toolbox.what_works_shapes import FEWEST

_SENTENCES = {
    "strand_furthest": "“{title}” is {times} of {of} points outside the usual range: one of the three furthest.",
    "strand": "“{title}” is {times} of {of} points outside the usual range.",
    "cluster": "It helps with “{title}”, where {times} of the {of} strands of need are.",
    "zone_often": "It helps in the {about} zone, named in {times} of the last {of} records.",
    "zone_sometimes": "It helps in the {about} zone, named in {times} of the last {of} records.",
    "worked_mostly": "After {times} of {of} uses the pupil was in the zone they wanted.",
    "worked_half": "After {times} of {of} uses the pupil was in the zone they wanted.",
    "worked_sometimes": "After {times} of {of} uses the pupil was in the zone they wanted: no clear sign either way.",
    "worked_rarely": "After only {times} of {of} uses the pupil was in the zone they wanted.",
    "too_few_uses": "Used {times} time(s) with the zone written down afterwards: too few to say, {of} are needed.",
    "said_yes": "Asked {of} times, the pupil said {times} times that it helped.",
    "said_no": "Asked {of} times, the pupil said {times} times that it did not help.",
}
CODES = tuple(_SENTENCES)


def told(reason: Reason, titles: Mapping[str, str]) -> str:
    """Return the sentence for a reason; `titles` are those of strands and clusters by key."""
    title = titles.get(reason.about or "", reason.about)
    return _SENTENCES[reason.code].format(title=title, about=reason.about, times=reason.times, of=reason.of)


def told_of_zones(records: int) -> str | None:
    """Return why zones give no points yet, or None where there are records enough."""
    return None if records >= FEWEST else f"{records} record(s) of zones lately: too few to go by, {FEWEST} are needed."
