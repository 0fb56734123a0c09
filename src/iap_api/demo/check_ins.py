"""A year of zone check-ins: what the children of The Bubble said of themselves, morning and after lunch."""

from datetime import timedelta

from iap_api.demo.bubble import Stay
from iap_api.demo.terms import school_days
from iap_api.demo.trust import DemoTrust, at
from iap_api.pupils.tables import ZoneCheckIn

EARLY = (["yellow"], ["red"], ["blue"], ["yellow"], ["green"], ["blue", "yellow"], ["yellow", "red"])
LATER = (["green"], ["green"], ["yellow"], ["green"], ["blue"], ["green"], ["yellow"])
SAID = {
    "green": ("Slept well.", "Ready to read to somebody.", "Breakfast club was good."),
    "yellow": ("Worried about the assembly.", "Fizzy after the bus.", "Lots of noise in the corridor."),
    "blue": ("Tired: the baby cried in the night.", "Missing Grandad.", "Wanted a quiet start."),
    "red": ("Argument at the gate.", "Lost the football card."),
}


def check_in(trust: DemoTrust, stays: list[Stay]) -> None:
    """Add the check-ins until yesterday: today's are for whoever tries the demo."""
    random = trust.random
    days = school_days(trust.began, trust.today - timedelta(days=1))
    for number, day in enumerate(days):
        for place, stay in enumerate(stays):
            for hour, minute, often in ((9, 5 + place, 0.6), (13, 5 + place, 0.2)):
                if not stay.there(day) or random.random() > often:
                    continue
                settled = random.random() < 0.25 + 0.6 * number / len(days)
                zones = random.choice(LATER if settled else EARLY)
                adult = random.random() < 0.15
                moment = at(day, hour, minute)
                trust.add(
                    ZoneCheckIn(
                        school_id=trust.home, pupil_id=stay.pupil.id, at=moment, zones=list(zones),
                        said_by="adult" if adult else "pupil", recorded_by=trust.accounts[stay.key_adult],
                        note=random.choice(SAID[zones[0]]) if random.random() < 0.12 else None,
                    ),
                    moment,
                )  # fmt: skip
