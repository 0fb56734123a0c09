"""`python -m bench`: fills its databases, starts the servers, measures in turns, prints what was promised and found."""

import argparse
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

import msgspec

from bench import servers
from bench.boards import check_board, fill_boards
from bench.costs import Asked, Costs
from bench.fair import alike, answer
from bench.free_times import LANES, FreeTimes
from bench.ground import Ground, ground
from bench.promises import targets
from bench.rivals import Rivals
from bench.servers import Server
from bench.subjects import Asking, Subject
from bench.verdict import console, ratio, show_rates, show_targets
from bench.weeks import series_of_bookings

AT_MOST = {"ours": 6_000, "limit": 15_000, "peer": 2_000, "rivals": 2_500}
KINDS = ("ours", "limit", "peer")
BOARDS = range(6)
# between 1,000 bookings and all of them, if there are more than this
MIDDLE = 100_000
LEFT_OUT = frozenset(
    {"next", "id", "starts_at", "ends_at", "space_id", "school_id", "pupil_ids", "staff_ids", "booked_by"}
)


def _arguments() -> argparse.Namespace:
    given = argparse.ArgumentParser(prog="make bench", description=__doc__)
    given.add_argument("--pupils", type=int, default=20_000)
    given.add_argument("--bookings", type=int, default=1_000_000)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--seconds", type=float, default=3.0)
    return given.parse_args()


def _costs(big: Ground) -> Costs:
    asked = Asked(big.world.senco_ids[0], big.world.senco_sign_in_ids[0], big.tokens()[0])
    environment = servers.environment(big.settings())
    done = subprocess.run(
        [sys.executable, "-m", "bench.costs"],
        input=msgspec.json.encode(asked),
        stdout=subprocess.PIPE,
        env=environment,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Costs)


def _subjects(big: Ground, others: dict[str, Ground], running: dict[str, Server]) -> dict[str, Subject]:
    made: dict[str, Subject] = {}
    lanes = iter(range(LANES))

    def booking(name: str, server: str, kind: str, where: Ground, school: int | None = None) -> None:
        times = FreeTimes(where.world, next(lanes), only_school=school)
        made[name] = Subject(name, running[server], [], times, Asking(where, kind).booking, AT_MOST[kind])

    for kind in KINDS:
        asking = Asking(big, kind)
        made[f"list, {kind}"] = Subject(f"list, {kind}", running[kind], asking.lists())
        made[f"one, {kind}"] = Subject(f"one, {kind}", running[kind], asking.ones())
        booking(f"booking, {kind}", kind, kind, big)
        booking(f"booking in one school, {kind}", kind, kind, big, school=7)
    quiet = Asking(big, "ours")
    made["list, no ledger"] = Subject("list, no ledger", running["quiet"], quiet.lists())
    made["one, no ledger"] = Subject("one, no ledger", running["quiet"], quiet.ones())
    made["list, unfenced"] = Subject("list, unfenced", running["unfenced"], quiet.lists())
    made["one, unfenced"] = Subject("one, unfenced", running["unfenced"], quiet.ones())
    # one after the other: how long one person waits, and not how long the queue is
    made["availability of a week"] = Subject(
        "availability of a week", running["ours"], quiet.availability(), connections=1
    )
    for name, other in others.items():
        booking(f"booking, ours over {name}", name, "ours", other)
    wanting = Rivals(big.world, next(lanes), school=7)
    made["booking, rivals"] = Subject("booking, rivals", running["ours"], [], wanting, quiet.booking, AT_MOST["rivals"])
    made["board"] = Subject("board", running["ours"], quiet.boards(BOARDS))
    return dict(sorted(made.items()))


def _check(subjects: dict[str, Subject], big: Ground) -> None:
    for what in ("list", "one"):
        alike(
            {
                kind: answer(subjects[f"{what}, {kind}"].server, subjects[f"{what}, {kind}"].requests[3])
                for kind in KINDS
            },
            LEFT_OUT,
        )
    made = {}
    for kind in KINDS:
        one = subjects[f"booking, {kind}"]
        made[kind] = answer(one.server, one.prepared(1)[0])
    alike(made, LEFT_OUT)
    boards = subjects["board"]
    for at in BOARDS:
        check_board(answer(boards.server, boards.requests[at]), big.world.base_ids[at])


def _settled(big: Ground) -> None:
    """Wait until what was read is sealed, so that no subject pays for the one before it."""
    for _ in range(100):
        if big.ask("SELECT count(*) FROM ledger_entries WHERE number IS NULL") == 0:
            return
        time.sleep(0.1)


def main() -> int:
    """Measure and return 0 if every promise is kept."""
    given = _arguments()
    with ExitStack() as stack:
        big = stack.enter_context(ground("iap_bench_large", pupils=given.pupils, bookings=given.bookings))
        smaller = [1_000, MIDDLE] if given.bookings > MIDDLE else [1_000]
        others = {
            f"{one:,}": stack.enter_context(
                ground(f"iap_bench_{one}", pupils=given.pupils, bookings=min(one, given.bookings))
            )
            for one in smaller
        }
        fill_boards(big, BOARDS)
        running = {
            "ours": stack.enter_context(servers.ours("ours", big.settings())),
            **{
                name: stack.enter_context(servers.ours(f"ours over {name}", one.settings()))
                for name, one in others.items()
            },
            "quiet": stack.enter_context(servers.quiet("ours without a ledger", big.settings())),
            "unfenced": stack.enter_context(servers.ours("ours past row security", big.settings(fenced=False))),
            "limit": stack.enter_context(servers.limit("the limit", big.plain_url)),
            "peer": stack.enter_context(servers.peer("the peer", big.plain_url)),
        }
        ready = statistics.median(running[name].ready_seconds for name in ("ours", "1,000", "quiet"))
        subjects = _subjects(big, others, running)
        _check(subjects, big)
        for one in subjects.values():
            one.measure(1.0, 0.2)
            one.results.clear()
            one.cpu.clear()
        for turn in range(given.rounds):
            for one in subjects.values():
                console.print(f"round {turn + 1} of {given.rounds}: {one.name}" + " " * 30, end="\r")
                one.measure(given.seconds, 0.3)
                _settled(big)
        show_rates(list(subjects.values()))
        one_school = ratio(subjects["booking in one school, ours"], subjects["booking in one school, limit"])
        console.print(f"Bookings in one school alone: {one_school:.2f} of the limit.")
        series = series_of_bookings(big, running["ours"])
        kept = show_targets(targets(subjects, _costs(big), running["ours"], ready, series))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
