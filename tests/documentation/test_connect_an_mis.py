"""`docs/connect_an_mis.md`, followed step by step by somebody who types what it says."""

from pathlib import Path

from tests.demo.starting import demo
from tests.documentation.walks import walk
from tests.servers import free_port


def test_an_administrator_connects_an_mis_as_the_page_says(tmp_path: Path) -> None:
    with demo(tmp_path, free_port(), {"IAP_DEMO_PASSWORD": "demo-bubble-2026"}) as started:
        walked = walk("connect_an_mis.md", started.address, tmp_path)
    assert walked.code == 0, walked.said[-1]
    assert len(walked.said) == 9
    assert walked.promised, "the page shows what is said"
    for block, promise in walked.promised.items():
        assert walked.said[block] == promise
    assert not (tmp_path / "client.json").exists(), "the secret is left on no disk"
