"""`python -m bench`: fills two databases, starts the servers, measures in turns, prints what was promised and found."""

import argparse
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

import msgspec

from bench import servers
from bench.costs import Asked, Costs
from bench.fair import alike, answer
from bench.free_times import FreeTimes
from bench.ground import Ground, ground
from bench.servers import Server
from bench.subjects import Asking, Subject
from bench.verdict import Target, console, ratio, show_rates, show_targets
from bench.weeks import series_of_bookings

AT_MOST = {"ours": 6_000, "limit": 15_000, "peer": 2_000}
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


def _version_seconds() -> float:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([str(servers.HERE / "iap-api"), "--version"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


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


def _subjects(big: Ground, small: Ground, running: dict[str, Server]) -> dict[str, Subject]:
    made: dict[str, Subject] = {}
    lanes = iter(range(13))

    def booking(name: str, server: str, kind: str, where: Ground, school: int | None = None) -> None:
        times = FreeTimes(where.world, next(lanes), only_school=school)
        made[name] = Subject(name, running[server], [], times, Asking(where, kind).booking, AT_MOST[kind])

    for kind in ("ours", "limit", "peer"):
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
    booking("booking, ours over 1,000", "small", "ours", small)
    return dict(sorted(made.items()))


def _check(subjects: dict[str, Subject]) -> None:
    for what in ("list", "one"):
        alike(
            {
                kind: answer(subjects[f"{what}, {kind}"].server, subjects[f"{what}, {kind}"].requests[3])
                for kind in AT_MOST
            },
            LEFT_OUT,
        )
    made = {}
    for kind in AT_MOST:
        one = subjects[f"booking, {kind}"]
        made[kind] = answer(one.server, one.prepared(1)[0])
    alike(made, LEFT_OUT)


def _settled(big: Ground) -> None:
    """Wait until what was read is sealed, so that no subject pays for the one before it."""
    for _ in range(100):
        if big.ask("SELECT count(*) FROM ledger_entries WHERE number IS NULL") == 0:
            return
        time.sleep(0.1)


def _targets(subjects: dict[str, Subject], costs: Costs, ours: Server, ready: float, series: float) -> list[Target]:
    def against(what: str, other: str) -> float:
        return ratio(subjects[f"{what}, ours"], subjects[f"{what}, {other}"])

    def share(what: str, without: str) -> float:
        return 100 * (1 - ratio(subjects[f"{what}, ours"], subjects[f"{what}, {without}"]))

    return [
        Target("list of 50 pupils, of the limit", against("list", "limit"), 0.30, True),
        Target("list of 50 pupils, of the peer", against("list", "peer"), 3.5, True, "x"),
        Target("one pupil, of the limit", against("one", "limit"), 0.12, True),
        Target("one pupil, of the peer", against("one", "peer"), 1.5, True, "x"),
        Target("booking, of the limit", against("booking", "limit"), 0.20, True),
        Target("booking, of the peer", against("booking", "peer"), 3.0, True, "x"),
        Target(
            "booking over all, of over 1,000",
            ratio(subjects["booking, ours"], subjects["booking, ours over 1,000"]),
            0.8,
            True,
        ),
        Target("a series of 39 weeks, of one booking", series, 6, False, "x"),
        Target("the ledger's share of a list", share("list", "no ledger"), 20, False, "%"),
        Target("the ledger's share of one pupil", share("one", "no ledger"), 20, False, "%"),
        Target("row security's share of a list", share("list", "unfenced"), 15, False, "%"),
        Target("row security's share of one pupil", share("one", "unfenced"), 15, False, "%"),
        Target(
            "availability of a week, p99",
            statistics.median(one.p99 for one in subjects["availability of a week"].results),
            50,
            False,
            "ms",
        ),
        Target("the preamble", costs.preamble, 0.35, False, "ms"),
        Target("token check and policy", costs.token_and_policy, 0.10, False, "ms"),
        Target("a token never seen before, and policy", costs.fresh_token, 0.10, False, "ms"),
        Target("memory of the worker under load", ours.memory_mib(), 150, False, "MiB"),
        Target("iap-api --version", _version_seconds(), 0.5, False, "s"),
        Target("the server is ready", ready, 2.5, False, "s"),
    ]


def main() -> int:
    """Measure and return 0 if every promise is kept."""
    given = _arguments()
    with ExitStack() as stack:
        big = stack.enter_context(ground("iap_bench_large", pupils=given.pupils, bookings=given.bookings))
        small = stack.enter_context(ground("iap_bench_small", pupils=given.pupils, bookings=min(1_000, given.bookings)))
        running = {
            "ours": stack.enter_context(servers.ours("ours", big.settings())),
            "small": stack.enter_context(servers.ours("ours over 1,000", small.settings())),
            "quiet": stack.enter_context(servers.quiet("ours without a ledger", big.settings())),
            "unfenced": stack.enter_context(servers.ours("ours past row security", big.settings(fenced=False))),
            "limit": stack.enter_context(servers.limit("the limit", big.plain_url)),
            "peer": stack.enter_context(servers.peer("the peer", big.plain_url)),
        }
        ready = statistics.median(running[name].ready_seconds for name in ("ours", "small", "quiet"))
        subjects = _subjects(big, small, running)
        _check(subjects)
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
        kept = show_targets(_targets(subjects, _costs(big), running["ours"], ready, series))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
