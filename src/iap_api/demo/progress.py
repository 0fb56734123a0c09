"""A year of profiles: one for each child each term, by the adults who know them, and two drafts that are open now."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

import msgspec

from iap_api.demo.bubble import Stay
from iap_api.demo.terms import half_terms_between, school_days
from iap_api.demo.trust import DemoTrust, at
from iap_api.profiles.definition import Instrument
from iap_api.profiles.profile_record import completed_years
from iap_api.profiles.scoring import score
from iap_api.profiles.tables import Profile, ProfileAnswer

Answers = dict[str, int]

# Their second half of the year was harder than the first.
HARDER = (4, 10)
# These are being filled in now, 45 and 12 items so far.
OPEN = {3: 45, 9: 12}
MISREAD = 1
NOTES = (
    "Seen in the base and in the Year group over three weeks.",
    "Agreed between the class teacher and the base.",
    "Settles quickest after the sensory circuit.",
    "Asks for a break in words now, most days.",
)


def observe(trust: DemoTrust, stays: list[Stay], instrument_id: UUID, instrument: Instrument) -> None:
    """Add a completed profile for every term in which a child had a place, one of them corrected, and the drafts."""
    weeks = _weeks_of_observing(trust)
    for number, stay in enumerate(stays):
        making = _Making(trust, number, stay, instrument_id, instrument)
        for term, week in enumerate(weeks):
            day = week[number % len(week)]
            if stay.there(day - timedelta(days=20)) and stay.there(day):
                making.complete(term, day)
        if number in OPEN:
            making.begin(OPEN[number])


def _weeks_of_observing(trust: DemoTrust) -> list[list[date]]:
    """The fourth week of the first half of each term, as far as it lies in the past; the year's first one earlier."""
    halves = half_terms_between(trust.began, trust.today)
    terms = [half for at, half in enumerate(halves) if at == 0 or halves[at - 1].term != half.term]
    weeks = []
    for half in terms:
        days = school_days(half.first, half.last)
        weeks.append(days[15:20] if len(days) > 20 else days[:5])
    settled = trust.today - timedelta(days=5)
    return [week for week in weeks if week and week[-1] <= settled]


class _Making:
    def __init__(self, trust: DemoTrust, number: int, stay: Stay, instrument_id: UUID, instrument: Instrument) -> None:
        self.trust, self.number, self.stay = trust, number, stay
        self.instrument_id, self.instrument = instrument_id, instrument
        self.norms = instrument.norms[-1].version if instrument.norms else None
        self.rising = {section.key: section.direction == "higher_is_better" for section in instrument.sections}
        self.answers = self._first()

    def complete(self, term: int, day: date) -> None:
        """Add a profile of that day, signed the next school day."""
        if self.answers and term:
            self._move_on(worse=self.number in HARDER and term >= 2)
        if (term, self.number) == (1, MISREAD):
            self._corrected(day)
        else:
            self._signed(day, self.answers)

    def begin(self, answered: int) -> None:
        """Add a draft of the last few school days in which so many items are answered."""
        day = school_days(self.trust.began, self.trust.today - timedelta(days=1))[-4]
        self._move_on(worse=False)
        self._drafted(day, dict(list(self.answers.items())[:answered]))

    def _first(self) -> Answers:
        random = self.trust.random
        usual = {True: (0, 1, 1, 2, 2, 3), False: (0, 1, 2, 2, 3, 3)}
        return {item.key: random.choice(usual[self.rising[item.section]]) for item in self.instrument.items}

    def _move_on(self, *, worse: bool) -> None:
        """Move a handful of answers by one: what is wanted up and what is not down, or the other way in a hard term."""
        for section, rising in self.rising.items():
            wanted = rising is not worse
            able = [
                item.key
                for item in self.instrument.items
                if item.section == section and (self.answers[item.key] < 4 if wanted else self.answers[item.key] > 0)
            ]
            count = self.trust.random.randrange(3, 8) if worse else self.trust.random.randrange(6, 15)
            for key in _some(self.trust.random, able, count):
                self.answers[key] += 1 if wanted else -1

    def _drafted(self, day: date, answers: Answers, corrects: Profile | None = None) -> Profile:
        trust, moment = self.trust, at(_noticed(day) if corrects else day, 15, 20 + self.number)
        adults = [trust.accounts[one] for one in (self.stay.key_adult, "base_lead")]
        profile = trust.add(
            Profile(
                school_id=trust.home, pupil_id=self.stay.pupil.id, instrument_id=self.instrument_id,
                norm_version=self.norms, observed_on=day, age_years=completed_years(self.stay.pupil.born_on, day),
                note=trust.random.choice(NOTES), started_by=adults[0], supersedes_id=corrects.id if corrects else None,
                correction_reason="One item was ticked for another child." if corrects else None,
            ),
            moment,
        )  # fmt: skip
        for place, (item, value) in enumerate(answers.items()):
            trust.add(
                ProfileAnswer(
                    profile_id=profile.id, item=item, school_id=trust.home, value=value,
                    answered_by=adults[place // 34], answered_at=moment + timedelta(seconds=20 * place),
                )
            )  # fmt: skip
        return profile

    def _signed(self, day: date, answers: Answers, corrects: Profile | None = None) -> Profile:
        profile = self._drafted(day, answers, corrects)
        signed_at = at(_noticed(day) if corrects else _next_day(day), 16, 10)
        scores = score(self.instrument, answers, self.norms, profile.age_years)
        self.trust.change(
            profile, signed_at, status="completed", completed_at=signed_at,
            completed_by=self.trust.accounts["base_lead"], scores=msgspec.json.encode(scores).decode(),
        )  # fmt: skip
        return profile

    def _corrected(self, day: date) -> None:
        item = self.instrument.items[0].key
        misread = {**self.answers, item: 4 if self.answers[item] < 4 else 0}
        first = self._signed(day, misread)
        self._signed(day, self.answers, corrects=first)
        self.trust.change(first, at(_noticed(day), 16, 10), status="superseded")


def _next_day(day: date) -> date:
    return day + timedelta(days=3 if day.weekday() == 4 else 1)


def _noticed(day: date) -> date:
    return _next_day(day) + timedelta(days=7)


def _some(random: Random, items: list[str], count: int) -> list[str]:
    return random.sample(items, min(count, len(items)))
