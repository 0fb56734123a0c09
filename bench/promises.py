"""What the project promises of speed, each promise beside what was found."""

import statistics
import subprocess
import time

from bench import servers
from bench.costs import Costs
from bench.servers import Server
from bench.subjects import Subject
from bench.verdict import Target, ratio


def _version_seconds() -> float:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([str(servers.HERE / "iap-api"), "--version"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def targets(subjects: dict[str, Subject], costs: Costs, ours: Server, ready: float, series: float) -> list[Target]:
    """Return all promises; a world of 100,000 bookings is measured only where the large one is larger."""

    def against(what: str, other: str) -> float:
        return ratio(subjects[f"{what}, ours"], subjects[f"{what}, {other}"])

    def share(what: str, without: str) -> float:
        return 100 * (1 - ratio(subjects[f"{what}, ours"], subjects[f"{what}, {without}"]))

    smallest = subjects["booking, ours over 1,000"]
    flat = [
        Target(f"booking over {size}, of over 1,000", ratio(subjects[name], smallest), 0.8, True)
        for size, name in (("100,000", "booking, ours over 100,000"), ("all", "booking, ours"))
        if name in subjects
    ]
    return [
        Target("list of 50 pupils, of the limit", against("list", "limit"), 0.30, True),
        Target("list of 50 pupils, of the peer", against("list", "peer"), 3.5, True, "x"),
        Target("one pupil, of the limit", against("one", "limit"), 0.12, True),
        Target("one pupil, of the peer", against("one", "peer"), 1.5, True, "x"),
        Target("booking, of the limit", against("booking", "limit"), 0.20, True),
        Target("booking, of the peer", against("booking", "peer"), 3.0, True, "x"),
        *flat,
        Target(
            "32 rivals for three spaces, of all spaces",
            ratio(subjects["booking, rivals"], subjects["booking, ours"]),
            0.5,
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
        Target("the board, worker's time", statistics.median(subjects["board"].cpu), 5, False, "ms"),
        Target("the preamble", costs.preamble, 0.35, False, "ms"),
        Target("token check and policy", costs.token_and_policy, 0.10, False, "ms"),
        Target("a token never seen before, and policy", costs.fresh_token, 0.10, False, "ms"),
        Target("memory of the worker under load", ours.memory_mib(), 150, False, "MiB"),
        Target("iap-api --version", _version_seconds(), 0.5, False, "s"),
        Target("the server is ready", ready, 2.5, False, "s"),
    ]
