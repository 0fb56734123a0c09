"""What single steps of a request cost, measured in a process of its own: the preamble, and token check with policy."""

import statistics
import sys
import time
from uuid import UUID

import msgspec
import uvloop

from iap_api.access.policy import Permission
from iap_api.access.preamble import enter
from iap_api.access.scope import scope_of
from iap_api.access.tokens import bearer
from iap_api.main import build


class Asked(msgspec.Struct):
    """Whose preamble and whose token."""

    account_id: UUID
    sign_in_id: UUID
    token: str


class Costs(msgspec.Struct):
    """Milliseconds: of the preamble's round trip, of a remembered token and the policy, of a token never seen."""

    preamble: float
    token_and_policy: float
    fresh_token: float


async def measured(asked: Asked) -> Costs:
    """Return medians over many turns."""
    app = build()
    database = app.state.database
    transaction = await database.begin(read_only=True)
    preambles = []
    state = None
    for _ in range(2000):
        started = time.perf_counter()
        state = await enter(transaction, database.dialect, asked.account_id, asked.sign_in_id)
        preambles.append(time.perf_counter() - started)
    await transaction.commit()
    await database.close()
    if state is None:
        raise SystemExit("the sign-in of the bench is not known to the database")
    checks, fresh = [], []
    verifier = app.state.verifier
    for turn in range(2000):
        if turn % 4 == 0:
            verifier._verified.clear()
        started = time.perf_counter()
        verifier.verify(bearer([f"Bearer {asked.token}"]), time.time())
        scope_of(Permission.pupil_read, state[2], asked.account_id)
        (fresh if turn % 4 == 0 else checks).append(time.perf_counter() - started)
    return Costs(*(1000 * statistics.median(times) for times in (preambles, checks, fresh)))


if __name__ == "__main__":
    found = uvloop.run(measured(msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)))
    sys.stdout.buffer.write(msgspec.json.encode(found))
