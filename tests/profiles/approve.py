"""Draws every picture anew for a person to look at and approve: `python -m tests.profiles.approve`."""

from iap_api.core.sheets.sheet_png import png_of
from iap_api.core.sheets.sheet_svg import svg_of
from tests.profiles.pictures import PICTURES
from tests.profiles.test_pictures import APPROVED, AS_PNG


def main() -> None:
    """Write the pictures of today over those that were approved."""
    APPROVED.mkdir(exist_ok=True)
    for name, drawn in PICTURES.items():
        svg = svg_of(drawn())
        (APPROVED / f"{name}.svg").write_bytes(svg)
        if name in AS_PNG:
            (APPROVED / f"{name}.png").write_bytes(png_of(svg))


if __name__ == "__main__":
    main()
