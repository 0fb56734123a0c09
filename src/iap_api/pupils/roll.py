"""The rules of the roll: one record per UPN in a trust, codes that exist, a name to search by."""

import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotYourRole, Problem
from iap_api.core.refusals import refuse
from iap_api.pupils.scope import registered_now
from iap_api.pupils.tables import Pupil, Registration
from iap_api.schools.code_sets import check_codes
from iap_api.schools.tables import School

ONE = {"sen_provision": "sen_provision", "young_carer": "young_carer", "service_child": "service_child",
       "upn_unknown_reason": "upn_unknown_reasons", "enrolment_status": "enrolment_status"}  # fmt: skip
# letters that Unicode does not take apart, and the apostrophe a phone types
FOLDED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "\u2019": "'"}
)
MANY = {"sen_needs": "sen_need_types", "pupil_premium": "pupil_premium_indicators"}


class KnownInTrust(Problem):
    status, kind, title = 409, "known-in-trust", "This UPN is already known in the trust"
    advice = "Ask for a registration of the existing record instead of making a second one."


class AlreadyPlaced(Conflict):
    status, kind, title = 409, "already-placed", "The pupil has a placement already"
    advice = "End the present placement first."


refuse("uq_pupils_trust_id_upn", KnownInTrust)
refuse("uq_placements_one_at_a_time", AlreadyPlaced)
refuse("uq_placements_pupil_id", AlreadyPlaced)


def search_name(*names: str | None) -> str:
    """Return the names as one folded text: lower case, without accents, so that `zoe` finds Zoë."""
    joined = " ".join(name for name in names if name)
    plain = unicodedata.normalize("NFKD", joined.casefold().translate(FOLDED))
    return "".join(char for char in plain if not unicodedata.combining(char))


async def check_roll(session: AsyncSession, values: Mapping[str, Any], pupil: Mapping[str, Any]) -> None:
    """Check the codes in `values`, and the rules that bind members of the whole `pupil` together.

    Raises `Invalid`: a code not in use today; a need beside N (domain.md 4); a needs list that names a type twice; a
    UPN and a reason for having none; a birth in the future.
    """
    named = [(f"/{field}", name, values[field]) for field, name in ONE.items() if values.get(field)]
    for field, name in MANY.items():
        named += [(f"/{field}/{at}", name, code) for at, code in enumerate(values.get(field) or [])]
    await check_codes(session, named, clock.today())
    wrong = []
    if pupil["sen_provision"] == "N" and pupil["sen_needs"]:
        wrong.append(("/sen_needs", "must be empty while the provision is N (no special educational need)"))
    if len(set(pupil["sen_needs"])) != len(pupil["sen_needs"]):
        wrong.append(("/sen_needs", "names a type twice: the order is the rank"))
    if pupil["upn"] and pupil["upn_unknown_reason"]:
        wrong.append(("/upn_unknown_reason", "stands only where there is no UPN"))
    if pupil["born_on"] > clock.today():
        wrong.append(("/born_on", "lies in the future"))
    if wrong:
        raise Invalid(errors=wrong)


class FileKeptElsewhere(NotYourRole):
    status, kind, title = 403, "file-kept-elsewhere", "Another school keeps this pupil's file"
    advice = "Ask the office of the school that keeps the file to make the change."


async def check_kept_here(caller: Caller, pupil: Pupil) -> None:
    """Check that the caller may change the file: the school that keeps it, or any for a partner, which cannot.

    Raises `FileKeptElsewhere`.
    """
    if pupil.school_id not in caller.scope.schools:
        keeper = await caller.session.get_one(School, pupil.school_id)
        if keeper.kind != "partner":
            raise FileKeptElsewhere()


async def check_taken_off_here(caller: Caller, pupil_id: UUID) -> None:
    """Check that the pupil is on the roll of a school of the caller's, or of none; raises `Conflict`."""
    enrolled = select(col(Registration.school_id)).where(
        col(Registration.pupil_id) == pupil_id, col(Registration.kind) == "enrolled", registered_now()
    )
    schools = set((await caller.session.execute(enrolled, caller.scope.binds())).scalars())
    if schools and not schools & set(caller.scope.around):
        raise Conflict("Another school has the pupil on its roll: end your school's registration instead.")
