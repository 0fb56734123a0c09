"""Therapy in The Bubble: a short note after each weekly session, sealed with the demo's own key."""

from datetime import timedelta

from iap_api.core.sealing import SealingKeys
from iap_api.demo.bubble import Stay
from iap_api.demo.terms import school_days
from iap_api.demo.trust import DemoTrust, at
from iap_api.pupils.note_seals import sealed_in
from iap_api.pupils.tables import TherapyNote

# those whom bubble.py puts on the therapist's caseload
IN_THERAPY = slice(2, 7)
LAST_WEEKS = 6
SAID = (
    "Drew the harbour, and himself on the quay for the first time. Stayed the whole 40 minutes.",
    "Quiet. Chose the sand tray, buried and found the same fox four times. We said goodbye early, at his wish.",
    "Spoke of the baby at home; angry, then relieved that angry is allowed here. Ask mother whether we may tell class.",
    "Played shop. Could bear to lose once. Breathing with the shell works: tell nobody that it is a trick.",
    "Missed last week, and tested whether I minded. I said that I did.",
    "Began to plan the going back to class. Wants to carry the shell; agreed with the base, without saying why.",
)


def write_down(trust: DemoTrust, stays: list[Stay], keys: SealingKeys) -> None:
    """Add the notes of the last weeks; none without a key."""
    if not keys:
        return
    for place, stay in enumerate(stays[IN_THERAPY]):
        days = [day for day in school_days(trust.today - timedelta(weeks=LAST_WEEKS), trust.today - timedelta(days=1))
                if day.weekday() == place and stay.there(day)]  # fmt: skip
        for number, day in enumerate(days):
            moment = at(day, 11, 45)
            note = TherapyNote(
                school_id=trust.home, pupil_id=stay.pupil.id, account_id=trust.accounts["therapist"], session_on=day,
                kind="individual", sealed=b"", key_id="",
            )  # fmt: skip
            trust.add(note, moment)
            note.key_id, note.sealed = sealed_in(keys, note, SAID[(place + number) % len(SAID)], 0)
