"""Walk-throughs of docs/ as somebody follows them: every shell block typed in turn, in one shell, against a demo."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.house.contract import ROOT

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- block {} ---"


@dataclass
class Walked:
    """What a page's shell wrote: of each block, and what the page promises where it shows that."""

    code: int
    said: list[str]
    promised: dict[int, str]


def walk(page: str, address: str, folder: Path) -> Walked:
    """Type every `sh` block of a page, and stop at the first command that fails; `text` blocks tell what is said."""
    script, promised = ["set -euo pipefail"], {}
    for kind, text in _BLOCK.findall((ROOT / "docs" / page).read_text("utf-8")):
        if kind == "text":
            promised[len(script) - 2] = text.strip()
        else:
            script.append(f"echo '{MARK.format(len(script) - 1)}'\n{text}")
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "IAP_ADDRESS": address},
    )  # fmt: skip
    parts = re.split(r"^" + MARK.format(r"\d+") + r"\n", done.stdout, flags=re.MULTILINE)[1:]
    return Walked(done.returncode, [part.strip() for part in (*parts[:-1], parts[-1] + done.stderr)], promised)
