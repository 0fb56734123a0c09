"""The load: 32 keep-alive connections, each sending its next request when the last is answered, in its own process."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import msgspec
import uvloop

CONNECTIONS = 32


class Job(msgspec.Struct):
    """What to send, to which port, for how long; the first `warm` seconds do not count."""

    port: int
    requests: list[bytes]
    again: bool
    seconds: float = 3.0
    warm: float = 0.5
    connections: int = CONNECTIONS
    expected: int = 200
    # an answer that counts as well: what rivals for the same time are told
    refusal: int = 0


class Result(msgspec.Struct):
    """Answers per second, how long they took in milliseconds, how many were not as expected, sent, and refused."""

    rate: float
    p50: float
    p99: float
    wrong: int
    sent: int
    refused: int
    status: int = 0


class Load:
    """One run of a job."""

    def __init__(self, job: Job) -> None:
        """Prepare; nothing is sent yet."""
        self.job = job
        self.next: Iterator[bytes] = cycle(job.requests) if job.again else iter(job.requests)
        self.times: list[float] = []
        self.sent = self.refused = self.wrong = self.status = 0
        self.begins = self.ends = 0.0
        self.open = job.connections
        self.done = asyncio.get_running_loop().create_future()

    async def run(self) -> Result:
        """Send until the time is over and return what was counted."""
        loop = asyncio.get_running_loop()
        self.begins = time.perf_counter() + self.job.warm
        self.ends = self.begins + self.job.seconds
        for _ in range(self.job.connections):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.job.port)
        await self.done
        self.times.sort()
        if not self.times:
            return Result(0.0, 0.0, 0.0, self.wrong, self.sent, self.refused, self.status)
        at = [1000 * self.times[int(len(self.times) * part)] for part in (0.5, 0.99)]
        rate = len(self.times) / self.job.seconds
        return Result(rate, at[0], at[1], self.wrong, self.sent, self.refused, self.status)

    def closed(self) -> None:
        """Count a connection that has ended."""
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """One connection; reads just enough of HTTP/1.1 to know where an answer ends."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.wanted = 0
        self.ended = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        now = time.perf_counter()
        if now >= self.load.ends:
            self._end()
            return
        request = next(self.load.next, None)
        if request is None:
            raise SystemExit("the load ran out of requests: raise their number")
        self.load.sent += 1
        self.started = now
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.wanted:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            lower = self.buffer[:head].lower()
            at = lower.find(b"content-length:")
            if at < 0:
                raise SystemExit("an answer without Content-Length")
            self.wanted = head + 4 + int(lower[at + 15 : lower.find(b"\r\n", at) if b"\r\n" in lower[at:] else None])
        if len(self.buffer) < self.wanted:
            return
        now = time.perf_counter()
        status = int(self.buffer[9:12])
        self.buffer, self.wanted = self.buffer[self.wanted :], 0
        job = self.load.job
        self.load.refused += status == job.refusal
        if status not in (job.expected, job.refusal):
            self.load.wrong += 1
            self.load.status = status
        elif self.load.begins <= now < self.load.ends:
            self.load.times.append(now - self.started)
        self._send()

    def _end(self) -> None:
        self.ended = True
        self.transport.close()
        self.load.closed()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended:
            self.load.wrong += 1
            self.load.closed()


def run(job: Job) -> Result:
    """Run a job in a process of its own and return what it counted."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=msgspec.msgpack.encode(job), stdout=subprocess.PIPE, check=True
    )
    return msgspec.msgpack.decode(done.stdout, type=Result)


async def _main() -> None:
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.msgpack.encode(await Load(job).run()))


if __name__ == "__main__":
    uvloop.run(_main())
