"""What a run really checked, counted where it is checked and told at its end: `make prove` prints these lines."""

from collections import Counter
from typing import Any

import pytest

# the order of the lines; a count that is not among them is told last, under its own name
LINES = (
    "operations × roles × relations checked",
    "answers whose members were compared",
    "random worlds, HTTP and plain Python agreed",
    "members and parameters refused",
    "requests with smuggled headers, all told the same",
    "forbidden and absent told in the same bytes",
    "mutants of the policy table",
    "mutants killed",
    "mutants without effect, each listed with its reason",
    "tokens refused",
)
_counts: Counter[str] = Counter()


def count(what: str, how_many: int = 1) -> None:
    """Add to one of the counts; a check that fails raises before it is counted."""
    _counts[what] += how_many


def of_this_process() -> dict[str, int]:
    """The counts so far, as plain values that a worker can hand over."""
    return dict(_counts)


def take_over(counts: dict[str, int]) -> None:
    """Add the counts of a worker that has ended."""
    _counts.update(counts)


def tell(terminal: Any) -> None:
    """Write the counts, if there are any."""
    if not _counts:
        return
    terminal.write_sep("=", "counted")
    for name in (*LINES, *sorted(set(_counts) - set(LINES))):
        if name in _counts:
            terminal.write_line(f"{_counts[name]:>12,}  {name}")


class Counting:
    """The plug-in that gathers the counts of all workers (pytest-xdist) and tells them once."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand a worker's counts over."""
        handed = getattr(session.config, "workeroutput", None)
        if handed is not None:
            handed["counted"] = of_this_process()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker counted."""
        take_over(getattr(node, "workeroutput", {}).get("counted", {}))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell."""
        tell(terminalreporter)
