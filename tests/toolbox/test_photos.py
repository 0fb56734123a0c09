"""A teaching assistant takes a picture of the new ear defenders, so that the next adult finds the right ones."""

import asyncio
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from iap_api import worker
from iap_api.core.uploads import HELD_AT_ONCE
from iap_api.files.sealed_bytes import PIECE
from iap_api.files.tables import StoredFile
from tests.files import pictures
from tests.toolbox.things import ear_defenders
from tests.world import Person, World


async def photographed(person: Person, resource: str, picture: bytes, media: str = "image/jpeg") -> httpx.Response:
    """Take the tag that is seen, and send the picture."""
    tag = (await person.get(f"/v1/resources/{resource}")).headers["ETag"]
    return await person.put(f"/v1/resources/{resource}/photo", picture, If_Match=tag, Content_Type=media)


def folder(world: World) -> Path:
    return Path(world.app.state.settings.data_dir) / "files"


async def row_of(world: World, photo_id: str) -> StoredFile | None:
    async with world.app.state.database.transaction(read_only=True) as session:
        found = await session.execute(select(StoredFile).where(col(StoredFile.id) == UUID(photo_id)))
        return found.scalar_one_or_none()


async def work(world: World) -> None:
    """Let the worker do what is due."""
    while await worker.work_once(world.app.state.database, world.app.state.files.store):
        pass


async def test_an_assistant_photographs_the_ear_defenders_and_another_adult_sees_them(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    ta, other = world.teaching_assistant, world.class_teacher
    assert (await other.get(f"/v1/resources/{defenders}/photo")).status_code == 404
    before = (await ta.get(f"/v1/resources/{defenders}")).json()
    answer = await photographed(ta, defenders, pictures.taken())
    assert answer.status_code == 200, answer.text
    assert before["photo_id"] is None
    assert answer.json()["photo_id"]
    assert answer.json()["version"] == before["version"] + 1
    seen = await other.get(f"/v1/resources/{defenders}/photo")
    assert seen.status_code == 200
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["cache-control"] == "private, no-store"
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert int(seen.headers["content-length"]) == len(seen.content)
    left, right = (pictures.opened(seen.content).convert("RGB").getpixel(at) for at in ((10, 10), (630, 10)))
    assert left[0] > 150 > left[2]  # type: ignore[index]
    assert right[2] > 150 > right[0]  # type: ignore[index]
    again = await other.get(f"/v1/resources/{defenders}/photo", If_None_Match=seen.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_where_a_picture_was_taken_is_in_neither_the_photo_nor_the_store(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    sent = pictures.taken()
    assert pictures.PLACE in sent
    assert (await photographed(world.base_lead, defenders, sent)).status_code == 200
    seen = (await world.base_lead.get(f"/v1/resources/{defenders}/photo")).content
    assert pictures.PLACE not in seen
    assert b"telephone" not in seen
    assert not pictures.opened(seen).getexif()
    kept = [file.read_bytes() for file in folder(world).rglob("*") if file.is_file()]
    assert kept
    for one in kept:
        assert pictures.PLACE not in one
        assert b"\xff\xd8\xff" not in one[:64]
        assert seen[100:200] not in one


async def test_a_photo_of_many_pieces_arrives_whole_and_a_head_tells_how_large_it_is(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    assert (await photographed(world.base_lead, defenders, pictures.noisy())).status_code == 200
    path = f"/v1/resources/{defenders}/photo"
    seen = await world.class_teacher.get(path)
    assert len(seen.content) > 3 * PIECE
    assert pictures.opened(seen.content).resize((50, 50)).size == (50, 50)
    head = await world.class_teacher.ask("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == seen.headers["content-length"]
    assert head.headers["etag"] == seen.headers["etag"]


async def test_a_picture_taken_sideways_is_shown_upright(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    await photographed(world.base_lead, defenders, pictures.taken(640, 480, turned=6))
    seen = (await world.base_lead.get(f"/v1/resources/{defenders}/photo")).content
    assert pictures.opened(seen).size == (480, 640)


@pytest.mark.parametrize(
    ("content", "media"),
    [(pictures.SVG, "image/png"), (pictures.SVG, "application/octet-stream"), (pictures.GIF, "image/jpeg"),
     (pictures.PDF, "image/png"), (pictures.HTML, "image/webp"), (b"", "image/png"), (b"\xff\xd8", "image/jpeg")],
    ids=["SVG as PNG", "SVG as anything", "GIF as JPEG", "PDF as PNG", "page as WebP", "nothing", "a start"],
)  # fmt: skip
async def test_what_only_says_it_is_a_photo_is_refused_and_nothing_is_kept(
    world: World, content: bytes, media: str
) -> None:
    defenders = await ear_defenders(world, stock=2)
    before = sorted(folder(world).rglob("*"))
    answer = await photographed(world.base_lead, defenders, content, media)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file-not-taken")
    assert answer.json()["errors"] == [{"pointer": "", "detail": "is not a JPEG, PNG or WebP picture"}]
    assert sorted(folder(world).rglob("*")) == before
    assert (await world.base_lead.get(f"/v1/resources/{defenders}")).json()["photo_id"] is None


@pytest.mark.parametrize("media", ["image/svg+xml", "application/json", "multipart/form-data", "text/html", ""])
async def test_what_does_not_even_say_it_is_a_photo_is_an_unsupported_medium(world: World, media: str) -> None:
    defenders = await ear_defenders(world, stock=2)
    assert (await photographed(world.base_lead, defenders, pictures.taken(), media)).status_code == 415


async def test_a_png_that_says_it_is_a_jpeg_is_kept_as_the_png_it_is(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    await photographed(world.base_lead, defenders, pictures.taken(kind="PNG"), "image/jpeg")
    seen = await world.base_lead.get(f"/v1/resources/{defenders}/photo")
    assert seen.headers["content-type"] == "image/png"
    assert seen.headers["content-disposition"].endswith('.png"')


async def test_a_picture_that_breaks_off_is_refused(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    for kind in ("JPEG", "PNG", "WEBP"):
        sent = pictures.taken(kind=kind)
        answer = await photographed(world.base_lead, defenders, sent[: len(sent) // 2])
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/picture-broken"), kind


async def test_a_picture_that_would_unfold_without_end_is_refused_before_it_does(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    answer = await photographed(world.base_lead, defenders, pictures.bomb())
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/picture-too-large")
    assert answer.json()["errors"][0]["pointer"] == ""


async def test_ten_megabytes_are_too_large_and_the_document_says_so(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    answer = await photographed(world.base_lead, defenders, pictures.taken() + b"\0" * 10_000_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert answer.json()["errors"] == [{"pointer": "", "detail": "is larger than 5 MB"}]


async def test_whoever_was_refused_keeps_no_place_from_the_next(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    for large in (pictures.taken() + b"\0" * 5_000_000, pictures.SVG):
        for _ in range(HELD_AT_ONCE + 1):
            assert (await photographed(world.base_lead, defenders, large)).status_code in (413, 422)
    assert (await photographed(world.base_lead, defenders, pictures.taken())).status_code == 200


async def test_a_whole_class_photographing_at_once_is_answered_one_and_all(world: World) -> None:
    """Some are asked to come back in a moment; nobody hears of a fault."""
    cupboard = [await ear_defenders(world, stock=1) for _ in range(HELD_AT_ONCE + 4)]
    answers = await asyncio.gather(*(photographed(world.base_lead, one, pictures.noisy()) for one in cupboard))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= HELD_AT_ONCE
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 503} <= {"1"}


async def test_nobody_unknown_sends_more_than_any_document_may_have(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    large = pictures.taken() + b"\0" * 300_000
    for token in ("", "Bearer nonsense"):
        headers = {"Authorization": token, "Content-Type": "image/jpeg"}
        answer = await world.client.put(f"/v1/resources/{defenders}/photo", content=large, headers=headers)
        assert answer.status_code == 413
        small = await world.client.put(f"/v1/resources/{defenders}/photo", content=b"x", headers=headers)
        assert small.status_code == 401
    # and elsewhere nobody does
    headers = {"Authorization": f"Bearer {world.base_lead.token}", "Content-Type": "application/json"}
    assert (await world.client.post("/v1/resources", content=large, headers=headers)).status_code == 413


async def test_of_two_who_photograph_at_once_one_hears_that_the_other_was_first(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    tag = (await world.base_lead.get(f"/v1/resources/{defenders}")).headers["ETag"]
    path = f"/v1/resources/{defenders}/photo"
    answers = await asyncio.gather(
        *(
            person.put(path, pictures.taken(), If_Match=tag, Content_Type="image/jpeg")
            for person in (world.base_lead, world.teaching_assistant)
        )
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 412]


async def test_a_photo_that_is_replaced_or_taken_away_is_gone_bytes_and_all(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    lead, path = world.base_lead, f"/v1/resources/{defenders}/photo"
    first = (await photographed(lead, defenders, pictures.taken())).json()["photo_id"]
    name = (await row_of(world, first)).name  # type: ignore[union-attr]
    assert (folder(world) / name[:2] / name).exists()
    second = (await photographed(lead, defenders, pictures.taken(320, 240))).json()["photo_id"]
    assert second != first
    assert await row_of(world, first) is None
    await work(world)
    assert not (folder(world) / name[:2] / name).exists()
    name = (await row_of(world, second)).name  # type: ignore[union-attr]
    tag = (await lead.get(f"/v1/resources/{defenders}")).headers["ETag"]
    assert (await lead.ask("DELETE", path)).status_code == 428
    gone = await lead.ask("DELETE", path, If_Match=tag)
    assert (gone.status_code, gone.json()["photo_id"]) == (200, None)
    assert (await lead.get(path)).status_code == 404
    await work(world)
    assert not (folder(world) / name[:2] / name).exists()


async def test_a_photo_is_reached_as_far_as_its_resource_and_no_farther(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    assert (await photographed(world.base_lead, defenders, pictures.taken())).status_code == 200
    path = f"/v1/resources/{defenders}/photo"
    assert (await world.south_senco.get(path)).status_code == 404
    assert (await world.governor.get(path)).status_code == 403
    assert (await world.client.get(path)).status_code == 401
    refused = await world.class_teacher.put(path, pictures.taken(), If_Match="*", Content_Type="image/jpeg")
    assert refused.status_code == 403
    elsewhere = await world.south_senco.put(path, pictures.taken(), If_Match="*", Content_Type="image/jpeg")
    assert elsewhere.status_code == 404


async def test_a_resource_that_has_ended_keeps_its_photo_and_takes_no_other(world: World) -> None:
    defenders = await ear_defenders(world, stock=2)
    lead = world.base_lead
    await photographed(lead, defenders, pictures.taken())
    assert (await lead.verb(f"/v1/resources/{defenders}", "end", {"ended_on": "2026-02-13"})).status_code == 200
    answer = await photographed(lead, defenders, pictures.taken())
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/resource-ended")
    assert (await lead.get(f"/v1/resources/{defenders}/photo")).status_code == 200
