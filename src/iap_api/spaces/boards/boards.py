"""The live board over HTTP: now, next and who is where in one base, once or as a stream."""

from typing import Annotated

from fastapi import Query, Response
from starlette.responses import StreamingResponse

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core import clock
from iap_api.core.errors import NotFound
from iap_api.core.preconditions import matches
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.spaces.boards.board import Board, compose
from iap_api.spaces.boards.board_shapes import BoardRead, StreamAsked
from iap_api.spaces.boards.board_stream import Listener

routes = Routes("/v1/bases", "live board")


@routes.get("/{base_id}/board", response_model=BoardRead, summary="Read the board of a base")
async def read_board(caller: Annotated[Caller, may(Permission.board_read)], base_id: Id) -> Response:
    """Now, next, and who is where: every space of the base, who is in it by booking or on a visit, and what is free.

    Pupils beyond the caller's reach are counted and not named. It may be polled: unchanged it answers 304, and the
    access record gets an entry when it is opened and for every pupil newly shown, not for every poll.
    """
    board = await _within_reach(caller, base_id)
    openings = caller.request.app.state.openings
    opening = (caller.sign_in_id, base_id)
    if new := openings.new(opening, board.pupil_ids):
        caller.saw("board", board.school_id, new, base_id)
        caller.once_recorded(lambda: openings.remember(opening, new))
    headers = {**PRIVATE, "ETag": board.tag}
    if matches(caller.request.headers.get("if-none-match"), board.tag):
        return Response(None, 304, headers)
    return Response(board.shown, 200, headers, "application/json")


@routes.get(
    "/{base_id}/board/stream",
    summary="Follow the board of a base",
    response_class=Response,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
async def stream_board(
    caller: Annotated[Caller, may(Permission.board_read)], base_id: Id, asked: Annotated[StreamAsked, Query()]
) -> Response:
    """The board as server-sent events: `board` with the document of `read_board`, at once and whenever it changes.

    Before each one it is asked again whether the caller may. It ends with `end`, whose `why` is `time` (open it again),
    `stopping`, `unavailable` (open it again in a moment) or `not_allowed`.
    """
    board = await _within_reach(caller, base_id)
    seconds = 0 if caller.request.scope["state"].get("head") else asked.seconds
    events = Listener.of(caller, base_id, board.school_id).events(seconds)
    return StreamingResponse(events, 200, {**PRIVATE, "X-Accel-Buffering": "no"}, "text/event-stream")


async def _within_reach(caller: Caller, base_id: Id) -> Board:
    board = await compose(caller.rows, caller.dialect, caller.scope, base_id, clock.now())
    if board is None:
        raise NotFound()
    return board
