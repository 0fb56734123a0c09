"""The targets of the project and the tables that say whether they were reached."""

import statistics
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.subjects import Subject

console = Console(width=120)


@dataclass
class Target:
    """One promise: what was found, what it must be at least or at most."""

    what: str
    found: float
    bound: float
    at_least: bool
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.found >= self.bound if self.at_least else self.found <= self.bound


def ratio(one: Subject, other: Subject) -> float:
    """Return the median over the rounds of one rate by the other of the same round: noise hits both alike."""
    pairs = zip(one.results, other.results, strict=True)
    return statistics.median(a.rate / b.rate if b.rate else 0.0 for a, b in pairs)


def show_rates(subjects: list[Subject]) -> None:
    """Print what every subject did, in medians over the rounds."""
    table = Table(title="Answers (medians over the rounds)", title_justify="left")
    for name in ("what", "per second", "p50 ms", "p99 ms", "worker CPU ms each", "not as expected"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for one in subjects:
        rate, p50, p99 = (statistics.median(getattr(r, name) for r in one.results) for name in ("rate", "p50", "p99"))
        wrong = sum(r.wrong for r in one.results)
        cpu = statistics.median(one.cpu)
        table.add_row(one.name, f"{rate:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{cpu:.2f}", str(wrong))
    console.print(table)


def show_targets(targets: list[Target]) -> bool:
    """Print the promises and return whether all are kept."""
    table = Table(title="Promises", title_justify="left")
    for name in ("what", "found", "promised", ""):
        table.add_column(name, justify="left" if name == "what" else "right")
    for one in targets:
        sign = "at least" if one.at_least else "at most"
        verdict = "[green]PASS[/]" if one.holds else "[red]FAIL[/]"
        table.add_row(one.what, f"{one.found:.2f} {one.unit}", f"{sign} {one.bound:.2f} {one.unit}", verdict)
    console.print(table)
    return all(one.holds for one in targets)
