"""Pictures of profiles as their readers get them: the head on a screen, the lead on paper, a frontend as data."""

import io
import json
import re
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from iap_api.core.tables import new_id
from iap_api.profiles.charts.charts import VEGA_LITE
from tests.core.recorded import entries_of
from tests.profiles.small_instrument import begun, completed, imported, saved
from tests.world import World

AUTUMN = {"d01": 0, "d02": 1, "d03": 0, "s01": 2}
SPRING = {"d01": 2, "d02": 0, "d03": 1, "s01": 1}
FORMS = {"image/svg+xml": "svg", "image/png": "png", "application/pdf": "pdf", VEGA_LITE: "vega-lite"}


def texts(svg: bytes) -> list[str]:
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    return [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]


async def test_before_the_meeting_the_head_opens_the_picture_with_the_autumn_behind_it(world: World) -> None:
    instrument = await imported(world)
    autumn = await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04")
    spring = await completed(world, world.amira, instrument, SPRING, observed_on="2025-03-03")
    for one, other in ((spring, autumn), (autumn, spring)):
        path = f"{one}/chart?compare={other[-36:]}"
        answer = await world.headteacher.get(path, Accept="image/svg+xml")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "image/svg+xml"
        said = texts(answer.content)
        assert "AO · 3 March 2025 · aged 7" in said
        assert "Behind it: 4 November 2024" in said
        assert "earlier total" in said
        described = ElementTree.fromstring(answer.content).findtext("{http://www.w3.org/2000/svg}desc")  # noqa: S314
        assert described is not None
        assert "A A strand: 3 of 4, usual 2 to 4, within, before 0" in described
        assert "Q A strand: 1 of 2, usual 0 to 1, within, before 2" in described
    alone = await world.headteacher.get(f"{spring}/chart", Accept="image/svg+xml")
    assert "earlier total" not in texts(alone.content)


@pytest.mark.parametrize(("accept", "media"), [
    ("*/*", VEGA_LITE), ("application/json", "application/json"), (VEGA_LITE, VEGA_LITE), ("image/*", "image/svg+xml"),
    ("image/png", "image/png"), ("application/pdf", "application/pdf"),
    ("image/svg+xml;q=0.5, image/png", "image/png"), ("image/svg+xml;q=0, image/*", "image/png"),
])  # fmt: skip
async def test_the_client_says_which_form_it_takes(world: World, accept: str, media: str) -> None:
    profile = await completed(world, world.amira, await imported(world), SPRING)
    answer = await world.senco.get(f"{profile}/chart", Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media)
    assert answer.headers["Vary"] == "Accept"
    again = await world.senco.get(f"{profile}/chart", Accept=accept, If_None_Match=answer.headers["ETag"])
    assert again.status_code == 304


async def test_a_form_nobody_draws_is_not_acceptable_and_an_address_in_a_page_names_its_own(world: World) -> None:
    instrument = await imported(world)
    profile = await completed(world, world.amira, instrument, SPRING)
    group = f"/v1/group-profiles/chart?base_id={world.bubble}&instrument_id={instrument}"
    line = f"/v1/pupils/{world.amira}/profile-line/chart?instrument_id={instrument}"
    for path in (f"{profile}/chart?", f"{group}&", f"{line}&"):
        assert (await world.senco.get(path.rstrip("?&"), Accept="image/gif")).status_code == 406
        assert (await world.senco.get(f"{path}format=gif")).status_code == 422
        for media, form in FORMS.items():
            answer = await world.senco.get(f"{path}format={form}")
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, media), answer.text
            begins = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "vega-lite": b'{"$schema"'}[form]
            assert answer.content.startswith(begins)


async def test_the_report_is_one_page_that_says_what_changed_and_what_is_needed(world: World) -> None:
    instrument = await imported(world)
    autumn = await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04")
    spring = await completed(world, world.amira, instrument, {**SPRING, "d01": 0, "s01": 2}, observed_on="2025-03-03")
    answer = await world.base_lead.get(f"{spring}/chart?format=pdf&compare={autumn[-36:]}")
    read = PdfReader(io.BytesIO(answer.content))
    assert len(read.pages) == 1
    text = " ".join(read.pages[0].extract_text().split())
    assert "What changed" in text
    assert re.search(r"Strengths 1 to 1 0", text)
    assert "In need in 2 of 3 strands" in text
    assert "Amira" not in text
    assert "Okafor" not in text
    assert "Amira" not in str(read.metadata)


async def test_no_picture_names_the_child(world: World) -> None:
    instrument = await imported(world)
    profile = await completed(world, world.amira, instrument, SPRING)
    for path in (
        f"{profile}/chart",
        f"/v1/pupils/{world.amira}/profile-line/chart?instrument_id={instrument}",
        f"/v1/group-profiles/chart?base_id={world.bubble}&instrument_id={instrument}",
    ):
        for accept in ("image/svg+xml", VEGA_LITE):
            shown = (await world.senco.get(path, Accept=accept)).text
            assert "AO" in shown
            assert "Amira" not in shown
            assert "Okafor" not in shown


async def test_a_title_that_looks_like_markup_or_an_expression_stays_text(world: World) -> None:
    title = '<script>alert(1)</script> & \']; "x"'
    instrument = await imported(world, title=title)
    profile = await completed(world, world.amira, instrument, SPRING)
    svg = (await world.senco.get(f"{profile}/chart", Accept="image/svg+xml")).content
    assert b"<script" not in svg
    assert any(one.startswith("<script>alert(1)</script> & '];") for one in texts(svg))
    spec = (await world.senco.get(f"{profile}/chart", Accept=VEGA_LITE)).json()
    assert spec["title"].startswith(title)


async def test_a_draft_is_drawn_as_far_as_it_has_come_and_compared_with_nothing(world: World) -> None:
    instrument = await imported(world)
    autumn = await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04")
    draft = await begun(world.teaching_assistant, world.amira, instrument)
    await saved(world.teaching_assistant, draft, d02=2)
    said = texts((await world.teaching_assistant.get(f"{draft}/chart", Accept="image/svg+xml")).content)
    assert "AO · 3 March 2025 · aged 7 · draft" in said
    assert said.count("–") == 2
    refused = await world.teaching_assistant.get(f"{draft}/chart?compare={autumn[-36:]}")
    assert (refused.status_code, refused.json()["reason"]) == (409, "not_completed")


async def test_the_line_and_the_map_show_what_their_answers_tell(world: World) -> None:
    instrument = await imported(world)
    await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04", norm_version="2019")
    await completed(world, world.amira, instrument, AUTUMN, observed_on="2025-01-06")
    await completed(world, world.amira, instrument, SPRING, observed_on="2025-03-03")
    await completed(world, world.ben, instrument, AUTUMN)
    line = await world.senco.get(f"/v1/pupils/{world.amira}/profile-line/chart?instrument_id={instrument}&format=svg")
    said = texts(line.content)
    assert said.count("other norms") == 2
    assert {"+2", "+1"} <= set(said)
    path = f"/v1/group-profiles/chart?base_id={world.bubble}&instrument_id={instrument}"
    said = texts((await world.senco.get(f"{path}&format=svg")).content)
    assert "2 pupils, 2 without a profile" in said
    assert "in need" in said
    values = (await world.senco.get(path)).json()["data"]["values"]
    assert [(one["pupil"], one["strand"], one["total"], one["in_need"]) for one in values] == [
        ("BO", "A", 0, True), ("BO", "B", 1, False), ("BO", "Q", 2, True),
        ("AO", "A", 3, False), ("AO", "B", 0, False), ("AO", "Q", 1, False),
    ]  # fmt: skip


async def test_what_a_picture_shows_is_in_the_record_of_who_saw_what(world: World) -> None:
    instrument = await imported(world)
    profile = await completed(world, world.amira, instrument, SPRING)
    answers = [
        await world.headteacher.get(path)
        for path in (
            f"{profile}/chart?format=svg",
            f"/v1/pupils/{world.amira}/profile-line/chart?instrument_id={instrument}",
            f"/v1/group-profiles/chart?base_id={world.bubble}&instrument_id={instrument}",
        )
    ]
    seen = [one.request_id for one in await entries_of(world, world.headteacher) if one.resource == "profile"]
    assert sorted(seen) == sorted(one.headers["X-Request-Id"] for one in answers)


async def test_a_picture_out_of_reach_is_not_there(world: World) -> None:
    instrument = await imported(world)
    amira = await completed(world, world.amira, instrument, SPRING)
    ben = await completed(world, world.ben, instrument, SPRING)
    assert (await world.south_senco.get(f"{amira}/chart")).status_code == 404
    assert (await world.class_teacher.get(f"{amira}/chart?compare={ben[-36:]}")).status_code == 404
    assert (await world.class_teacher.get(f"{ben}/chart")).status_code == 404
    assert (await world.senco.get(f"{amira}/chart?compare={new_id()}")).status_code == 404
    map_ = await world.class_teacher.get(f"/v1/group-profiles/chart?base_id={world.bubble}&instrument_id={instrument}")
    assert {one["pupil"] for one in map_.json()["data"]["values"]} == {"AO"}
    assert "BO" not in json.dumps(map_.json())
