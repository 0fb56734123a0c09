"""Is it alive, is it ready, and how is it doing: for load balancers and monitoring."""

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from iap_api.core.errors import Problem, Unavailable
from iap_api.core.routes import Routes
from iap_api.core.shapes import Shape

routes = Routes("", "health")
_STATE = "SELECT (SELECT version_num FROM alembic_version), "
_UNFENCED = {
    "postgresql": "(SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)",
    "sqlite": "0",
}


class Health(Shape):
    """How the server is."""

    status: str


@routes.get("/livez", response_model=Health, summary="Is the process alive?")
async def check_alive() -> Response:
    """Answers as long as the process can answer at all."""
    return Response(b'{"status":"alive"}', media_type="application/json")


@routes.get("/readyz", response_model=Health, summary="Is it ready for requests?")
async def check_ready(request: Request) -> Response:
    """Answers 200 once the database answers, stands at the newest migration and fences the API in, else 503."""
    app = request.app.state
    try:
        async with app.database.transaction(read_only=True) as session:
            state = await session.execute(text(_STATE + _UNFENCED[app.database.dialect]))
            found, unfenced = state.one()
    except Problem:
        raise
    except Exception as error:
        raise Unavailable("The database does not answer, or was never migrated.") from error
    if found != app.newest_revision:
        raise Unavailable("The database needs its migrations: run iap-api migrate.")
    if unfenced and app.settings.environment == "production":
        raise Unavailable("The API's database role passes row security: give it a role that owns nothing.")
    return Response(b'{"status":"ready"}', media_type="application/json")


@routes.get("/metrics", summary="Read the metrics", include_in_schema=False)
async def read_metrics() -> Response:
    """Counters for Prometheus: routes and statuses, never a person."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
