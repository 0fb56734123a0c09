"""What is measured: which request goes to which server, and how its body comes about."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bench.free_times import FreeTimes
from bench.ground import Ground
from bench.load import CONNECTIONS, Job, Result, run
from bench.servers import Server
from iap_api.core import clock


@dataclass
class Subject:
    """One line of the measurement: a server, its requests, and what every round gave."""

    name: str
    server: Server
    requests: list[bytes]
    times: FreeTimes | None = None
    write: Callable[[int, dict[str, object]], bytes] | None = None
    at_most: int = 0
    connections: int = CONNECTIONS
    results: list[Result] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def prepared(self, count: int) -> list[bytes]:
        """Return the next `count` bookings as requests."""
        assert self.times is not None
        assert self.write is not None
        return [self.write(*self.times.take()) for _ in range(count)]

    def measure(self, seconds: float, warm: float) -> Result:
        """Run one round; bookings are prepared before the clock starts, `at_most` so many a second."""
        used = self.times.given if self.times else 0
        refused = self.times.refused_until if self.times else lambda _: 0
        requests = self.prepared(int((seconds + warm) * self.at_most)) if self.times else self.requests
        before = self.server.cpu_seconds()
        expected = 201 if self.times else 200
        refusal = 409 if refused(used + len(requests)) else 0
        job = Job(self.server.port, requests, not self.times, seconds, warm, self.connections, expected, refusal)
        result = run(job)
        meant = refused(used + result.sent) - refused(used)
        if result.refused != meant and not result.wrong:
            raise SystemExit(f"{self.name}: {result.refused} are refused, where {meant} came too late")
        self.cpu.append(1000 * (self.server.cpu_seconds() - before) / max(result.sent, 1))
        if self.times:
            self.times.given = used + result.sent
        self.results.append(result)
        return result


class Asking:
    """Writes the requests of one kind of server: ours with a token, the peer with a sign-in, the limit with ids."""

    def __init__(self, ground: Ground, kind: str) -> None:
        """Prepare the headers of every school's SENCO."""
        w = ground.world
        if kind == "ours":
            self.headers = [f"Authorization: Bearer {token}\r\n" for token in ground.tokens()]
        elif kind == "peer":
            self.headers = [f"Authorization: Bearer {one}\r\n" for one in w.senco_sign_in_ids]
        else:
            self.headers = [
                f"X-School: {school_id}\r\nX-Account: {account_id}\r\n"
                for school_id, account_id in zip(w.school_ids, w.senco_ids, strict=True)
            ]
        self.world = w

    def get(self, school: int, path: str) -> bytes:
        """Return one reading request."""
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.headers[school]}\r\n".encode()

    def lists(self) -> list[bytes]:
        """The first page of every school's pupils."""
        return [self.get(at, "/v1/pupils") for at in range(len(self.headers))]

    def ones(self) -> list[bytes]:
        """Single pupils of every school, a hundred of each."""
        several = range(0, len(self.world.pupil_ids[-1]), max(1, len(self.world.pupil_ids[-1]) // 100))
        return [
            self.get(at, f"/v1/pupils/{self.world.pupil_ids[at][one]}")
            for one in several
            for at in range(len(self.headers))
        ]

    def availability(self) -> list[bytes]:
        """Where three pupils and an adult can be for 20 minutes on the school days of next week: other ones each time.

        The school has twelve spaces, every one of them booked for every half hour between nine and three.
        """
        monday = clock.today() + timedelta(days=7 - clock.today().weekday())
        week = f"from_on={monday}&until_on={monday + timedelta(days=4)}&from_time=09:00&until_time=15:00"
        asked = f"/v1/availability?minutes=20&purpose=regulation&{week}"
        found = []
        for first in range(0, 60, 3):
            for at in range(len(self.headers)):
                people = [f"pupil_ids={one}" for one in self.world.pupil_ids[at][first : first + 3]]
                people.append(f"staff_ids={self.world.staff_ids[at][first % 12]}")
                found.append(self.get(at, f"{asked}&{'&'.join(people)}"))
        return found

    def boards(self, schools: range) -> list[bytes]:
        """The live boards of the bases of some schools."""
        return [self.get(at, f"/v1/bases/{self.world.base_ids[at]}/board") for at in schools]

    def booking(self, school: int, body: dict[str, object]) -> bytes:
        """Return one booking request."""
        sent = json.dumps(body)
        return (
            f"POST /v1/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.headers[school]}Content-Type: application/json\r\n"
            f"Content-Length: {len(sent)}\r\n\r\n{sent}"
        ).encode()
