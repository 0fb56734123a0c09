"""The seal of a therapy note: what its text is bound to, and what is told when it cannot be sealed or opened."""

from typing import Any
from uuid import UUID

from iap_api.access.caller import Caller
from iap_api.core.errors import Problem
from iap_api.core.log import log
from iap_api.core.sealing import BrokenSeal, SealingKeys, UnknownKey
from iap_api.pupils.tables import FormerNoteText, TherapyNote

_COME_BACK = {"Retry-After": "300"}


class NoteKeyMissing(Problem):
    status, kind, title = 503, "note-key-missing", "The key for therapy notes is not set"
    advice = "Nothing was saved. The operator sets IAP_NOTE_KEYS, with every key that notes were sealed with."

    def __init__(self, detail: str | None = None, **more: Any) -> None:
        """Always say when to come back."""
        super().__init__(detail, headers=_COME_BACK, **more)


class NoteUnreadable(Problem):
    # an altered byte and a wrong key under the right id look alike, and only the operator can tell and cure
    status, kind, title = 503, "note-unreadable", "The therapy note cannot be opened"
    advice = "Its key is wrong or it was altered in the database. The operator runs iap-api doctor; nothing was saved."

    def __init__(self, detail: str | None = None, **more: Any) -> None:
        """Always say when to come back."""
        super().__init__(detail, headers=_COME_BACK, **more)


def bound_to(note_id: UUID, pupil_id: UUID, account_id: UUID, corrections: int) -> bytes:
    """Return what a text is bound to: its note, pupil and author, and which text of the note it is.

    A ciphertext that is moved to another row, or whose row is given another author, does not open any more.
    """
    return b"therapy note\x00" + note_id.bytes + pupil_id.bytes + account_id.bytes + corrections.to_bytes(4, "big")


def keys_of(caller: Caller) -> SealingKeys:
    """Return the keys of this server; raises `NoteKeyMissing` when none is set."""
    keys: SealingKeys = caller.request.app.state.note_keys
    if not keys:
        log.error("note_key_missing", request_id=caller.request_id)
        raise NoteKeyMissing()
    return keys


def sealed_in(keys: SealingKeys, note: TherapyNote, text: str, corrections: int) -> tuple[str, bytes]:
    """Return (key id, sealed text) for a text of this note; raises nothing that a caller could cause."""
    return keys.seal(text, bound_to(note.id, note.pupil_id, note.account_id, corrections))


def former_text(note: TherapyNote, **more: Any) -> FormerNoteText:
    """Return the row that keeps the note's present text, sealed as it is."""
    return FormerNoteText(
        school_id=note.school_id, note_id=note.id, pupil_id=note.pupil_id, account_id=note.account_id,
        corrections=note.corrections, sealed=note.sealed, key_id=note.key_id, **more,
    )  # fmt: skip


def opened(caller: Caller, note: TherapyNote) -> str:
    """Return the text of a note; raises `NoteKeyMissing` and `NoteUnreadable`, and logs both without a word of it."""
    keys = keys_of(caller)
    try:
        return keys.open(note.key_id, note.sealed, bound_to(note.id, note.pupil_id, note.account_id, note.corrections))
    except UnknownKey:
        log.error("note_key_unknown", note_id=str(note.id), key_id=note.key_id, request_id=caller.request_id)
        raise NoteKeyMissing() from None
    except BrokenSeal:
        log.error("note_unreadable", note_id=str(note.id), key_id=note.key_id, request_id=caller.request_id)
        raise NoteUnreadable() from None
