"""Programs that tests need from the outside: Debian's packages, installed where they are missing."""

import os
import shutil
import subprocess


def needed(**packages: str) -> None:
    """Install Debian's packages whose programs are missing: `needed(jq="jq", chromedriver="chromium-driver")`."""
    missing = [package for program, package in packages.items() if not shutil.which(program)]
    if not missing:
        return
    with_rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
        subprocess.run([*with_rights, "apt-get", *words], check=True, env=environment, stdout=subprocess.DEVNULL)
    left = [package for program, package in packages.items() if not shutil.which(program)]
    assert not left, f"install Debian's {', '.join(left)}"
