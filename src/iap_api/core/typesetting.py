"""Makes a file (PDF, calendar) in a process of its own: a core is kept busy, and no library burdens the server."""

import asyncio
import sys
from pathlib import Path

from iap_api.core.errors import Unavailable
from iap_api.core.log import log

# a large record takes some seconds; whoever waits longer is told to come back
LONGEST_SECONDS = 60


async def typeset(program: str | Path, *words: str, given: bytes) -> bytes:
    """Run a module of ours, give it what it is to typeset and return what it made; raises `Unavailable`.

    A file is run by itself: it imports nothing of ours and is ready in half the time. What is given never stands among
    the arguments, which other users of the machine can see.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, *([str(program)] if isinstance(program, Path) else ["-m", program]), *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        made, said = await asyncio.wait_for(process.communicate(given), LONGEST_SECONDS)
    except BaseException as error:
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise Unavailable("The file takes too long to make. Nothing was saved.") from error
        raise
    if process.returncode:
        # its last line names the error; what it read is not repeated
        log.error("typesetting_failed", error=said.decode(errors="replace").rsplit("\n", 2)[-2:][0].split(":")[0][:80])
        raise Unavailable("The file could not be made. Nothing was saved.")
    return made
