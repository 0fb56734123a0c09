"""The problems of a booking that the database refuses, and which member of the booking each is about."""

from iap_api.core.errors import Conflict, Invalid, NotYourRole
from iap_api.core.refusals import refuse
from iap_api.spaces.conditions import SpaceClosed


class Clash(Conflict):
    status, kind, title = 409, "clash", "That time is taken"
    advice = "Choose another time or space, or take the pupils out of the other booking with takes_from."


class NotYours(NotYourRole):
    status, kind, title = 403, "not-your-booking", "Somebody else booked this, with pupils beyond your reach"
    advice = "Ask the person who booked it, or somebody who looks after the whole school."


class SpaceFull(Clash):
    status, kind, title = 409, "space-full", "The space is full"
    advice = "All its places are taken for a part of that time: choose another time or space."


class SpaceTakenWhole(Clash):
    status, kind, title = 409, "space-taken-whole", "The whole space is taken"
    advice = "A meeting, or work on the room, has it to itself: choose another time or space."


class SpaceEnded(Conflict):
    status, kind, title = 409, "space-ended", "The space is no more"
    advice = "Choose a space that is still open on that day."


class OuterNotBooked(Conflict):
    status, kind, title = 409, "outer-not-booked", "There is no such booking to take from"
    advice = "takes_from must name bookings of this school that are not cancelled."


class AdultsMissing(Conflict):
    status, kind, title = 409, "adults-missing", "There would be too few adults with the pupils"
    advice = "Add staff for the whole time, or take fewer pupils: the space says how many pupils one adult may have."


RULES = {
    "space-closed": SpaceClosed,
    "adults-missing": AdultsMissing,
    "space-full": SpaceFull,
    "space-taken-whole": SpaceTakenWhole,
    "space-ended": SpaceEnded,
    "outer-not-booked": OuterNotBooked,
    "pupil-elsewhere": Clash,
    "adult-elsewhere": Clash,
    "presences_pupil_one_place": Clash,
    "presences_staff_one_place": Clash,
}
# which member of a booking each rule is about, and what is wrong with it
MEMBERS = {
    "space-closed": [("/space_id", "is closed at that time")],
    "space-full": [("/space_id", "has no place left for a part of that time")],
    "space-taken-whole": [("/space_id", "is taken whole, or is not empty, for a part of that time")],
    "space-ended": [("/space_id", "has ended by then")],
    "outer-not-booked": [("/takes_from", "names a booking that is not booked")],
    "adults-missing": [("/staff_ids", "names too few adults for the pupils there")],
    "pupil-elsewhere": [("/pupil_ids", "names one who is elsewhere for a part of that time")],
    "adult-elsewhere": [("/staff_ids", "names one who is elsewhere for a part of that time")],
}
MEMBERS["presences_pupil_one_place"] = MEMBERS["pupil-elsewhere"]
MEMBERS["presences_staff_one_place"] = MEMBERS["adult-elsewhere"]
for _rule, _problem in RULES.items():
    refuse(_rule, _problem)


def _no_such_period() -> Invalid:
    return Invalid(errors=[("/ends_at", "must be later than starts_at, and at most 12 hours after it")])


for _rule in (
    "booking-ends-first",
    "booking-too-long",
    "bookings_end_after_start",
    "bookings_not_too_long",
    "presences_end_after_start",
    "presences_not_too_long",
):
    refuse(_rule, _no_such_period)
for _rule in ("booking-fixed", "presence-of-one-person", "presences_of_one_person"):
    refuse(_rule, Conflict)
