"""A worker carries nothing for a screen that it does not have."""

import subprocess
import sys

LOADED = """
import sys
import iap_api.main
print([name for name in ("rich", "pygments", "reportlab", "icalendar") if name in sys.modules])
import rich.console
"""


def test_a_server_loads_neither_consoles_nor_what_sets_pages_and_the_demo_has_its_colours_all_the_same() -> None:
    found = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
