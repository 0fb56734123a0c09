"""What a series of 39 weeks in one call costs beside a single booking: turn by turn, on one connection."""

import http.client
import json
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour_of_day
from typing import Any

from bench.ground import Ground
from bench.servers import Server

WEEKS = 39
TURNS = 45
# years after everything else that is booked
FIRST_MONDAY = date(2035, 9, 3)


class _Asker:
    def __init__(self, server: Server, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> tuple[float, Any]:
        """Return how many seconds the answer took, and the answer."""
        sent = json.dumps(body)
        started = time.perf_counter()
        self.connection.request("POST", path, sent, self.headers)
        answered = self.connection.getresponse()
        read = answered.read()
        took = time.perf_counter() - started
        if answered.status != 201:
            raise SystemExit(f"{path} answers {answered.status}: {read.decode()}")
        return took, json.loads(read)


def series_of_bookings(ground: Ground, server: Server) -> float:
    """Return how many times one booking a series costs, both for two pupils and an adult: the median of all turns."""
    w = ground.world
    ask = _Asker(server, ground.tokens()[0])
    ends_on = FIRST_MONDAY + timedelta(weeks=WEEKS + 1)
    day = {"starts_on": FIRST_MONDAY.isoformat(), "ends_on": ends_on.isoformat()}
    year = {"school_id": str(w.school_ids[0]), "name": "2035/36", **day, "terms": [{"name": "All of it", **day}]}
    ask.post("/v1/academic-years", year)
    people = {"pupil_ids": [str(one) for one in w.pupil_ids[0][:2]], "staff_ids": [str(w.staff_ids[0][0])]}
    room = next(one for one, places in zip(w.space_ids[0], w.places, strict=True) if places > 1)
    what = {"space_id": str(room), "purpose": "regulation", **people}
    ratios = []
    for turn in range(TURNS):
        weekday, hour = turn % 5 + 1, 8 + turn // 5
        # on a Saturday, which no series touches
        starts_at = datetime.combine(FIRST_MONDAY + timedelta(weeks=turn, days=5), hour_of_day(10), UTC)
        ends_at = starts_at + timedelta(minutes=30)
        one, _ = ask.post("/v1/bookings", {**what, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()})
        until_on = FIRST_MONDAY + timedelta(weeks=WEEKS, days=-1)
        weekly = {"from_on": FIRST_MONDAY.isoformat(), "until_on": until_on.isoformat(), "weekdays": [weekday]}
        times = {"from_time": f"{hour:02}:00", "until_time": f"{hour:02}:30"}
        many, made = ask.post("/v1/series", {**what, **weekly, **times})
        if sum(found["outcome"] == "booked" for found in made["occurrences"]) != WEEKS:
            raise SystemExit(f"a series of {WEEKS} weeks booked something else")
        ratios.append(many / one)
    return statistics.median(ratios[5:])
