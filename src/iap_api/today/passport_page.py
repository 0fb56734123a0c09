"""The page of a passport: headings in the first person with what stands under each, as HTML; the PDF reads the same."""

from html import escape
from typing import NamedTuple

from iap_api.today.passport_parts import Parts

_WORDS = (
    ("What I like and am good at", "about_me"),
    ("What is hard for me", "hard_for_me"),
    ("How you can tell that it is getting too much", "you_can_tell"),
    ("What helps me", "helps"),
    ("What does not help me", "does_not_help"),
)
_WHY = {
    "key_adult": "my key adult",
    "class_teacher": "my class teacher",
    "therapy": "my therapist",
    "reintegration": "a teacher I am going back to",
}
_FOR_WHOM = "For the adults who work with me today; please do not leave it lying about."
_STYLE = """
@page { size: A4; margin: 14mm }
body { font: 15px/1.45 "DejaVu Sans", Verdana, sans-serif; color: #14202b }
body { max-width: 46em; margin: 1.5em auto; padding: 0 1em }
h1 { font-size: 30px; margin: 0 0 .2em; border-bottom: 4px solid #14202b }
h2 { font-size: 16px; margin: 1em 0 .2em }
p, ul { margin: .2em 0 }
p { white-space: pre-line; overflow-wrap: anywhere }
.empty { color: #4a5a68; font-style: italic }
footer { margin-top: 1.5em; color: #4a5a68; font-size: 13px }
"""


class Page(NamedTuple):
    """What stands on the page: title, (heading, paragraphs, whether they are a list), and the last line."""

    title: str
    parts: list[tuple[str, list[str], bool]]
    foot: str

    def as_html(self) -> str:
        """Return the page as HTML that needs nothing else and runs nothing."""
        body = "".join(
            f"<section><h2>{escape(head)}</h2>{_written(said, listed)}</section>" for head, said, listed in self.parts
        )
        return (
            '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Passport</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{_STYLE}</style></head><body><main><h1>{escape(self.title)}</h1>{body}</main>"
            f"<footer>{escape(self.foot)}</footer></body></html>"
        )


def _written(said: list[str], listed: bool) -> str:
    if not said:
        return '<p class="empty">Nothing written down yet.</p>'
    if listed:
        return f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in said)}</ul>"
    return "".join(f"<p>{escape(one)}</p>" for one in said)


def page_of(parts: Parts) -> Page:
    """Return the page of a passport: the pupil's words first; a part the reader may not see has no heading."""
    words = parts.words or {}
    shown = [(head, [words[name]] if words.get(name) else [], False) for head, name in _WORDS]
    if parts.toolbox is not None:
        place = f" (locker {parts.locker})" if parts.locker else ""
        things = [_joined(one["name"], one["instructions"], one["who_may_use"]) for one in parts.toolbox]
        shown.append((f"My toolbox{place}", things, True))
    if parts.people is not None:
        shown.append(("My people", [f"{one['name']}, {_WHY[one['why']]}" for one in parts.people], True))
    if parts.targets is not None:
        shown.append(("What I am working on", [one["text"] for one in parts.targets], True))
    said_on = words.get("said_on")
    asked = f"In my own words, said on {said_on.day} {said_on:%B %Y}." if said_on else "Nobody has asked me yet."
    return Page(f"This is {parts.name}", shown, f"{asked} {_FOR_WHOM}")


def _joined(name: str, how: str | None, who: str | None) -> str:
    return f"{name}: {how}" if how else f"{name} ({who})" if who else name
