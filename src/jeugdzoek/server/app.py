"""The ASGI application: page, API, search box. Mount it or run it with ``jeugdzoek serve``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jeugdzoek.errors import JeugdzoekError, MissingExtraError, QueryError, ReportMissingError
from jeugdzoek.opening import Index
from jeugdzoek.search.backend import Filters, Mode
from jeugdzoek.search.hits import Hits
from jeugdzoek.server.pages import LANGUAGES, report_page, search_page
from jeugdzoek.server.security import FOR_PORTALS, HEADERS, NOT_KEPT

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

STATIC = {
    "jeugdzoek-box.js": "text/javascript",
    "jeugdzoek.css": "text/css",
    "texts.json": "application/json",
}
PAGE_HITS = 10

log = logging.getLogger(__name__)


def create_app(index: Index, *, allow_origins: Sequence[str] = ()) -> Starlette:
    """Return the ASGI application that searches `index`.

    Parameters
    ----------
    index
        An open index. The service shows public reports only.
    allow_origins
        Origins (``https://www.example.nl``) whose pages may call the API from their
        own search box.

    Raises
    ------
    MissingExtraError
        When the extra ``serve`` is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
        from starlette.middleware import Middleware
        from starlette.middleware.cors import CORSMiddleware
        from starlette.routing import Route
    except ImportError:
        raise MissingExtraError("serve", "the HTTP service") from None
    service = Service(index)
    routes = [
        Route("/", service.home),
        Route("/zoek", service.page),
        Route("/verslag/{report_id:path}", service.report),
        Route("/api/v1/search", service.api),
        Route("/static/{name}", service.static),
        Route("/healthz", service.health),
    ]
    cors = Middleware(CORSMiddleware, allow_origins=list(allow_origins), allow_methods=["GET"])
    return Starlette(
        routes=routes,
        middleware=[cors] if allow_origins else [],
        exception_handlers={HTTPException: service.refuse, JeugdzoekError: service.fail},
    )


class Service:
    """The answers to the routes.

    Parameters
    ----------
    index
        An open index.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        folder = files("jeugdzoek.server") / "searchbox"
        self._static = {name: (folder / name).read_bytes() for name in STATIC}

    def home(self, request: Request) -> Response:
        """Send a visitor to the search page."""
        from starlette.responses import RedirectResponse

        return RedirectResponse(f"{_root(request)}zoek", headers=HEADERS)

    def page(self, request: Request) -> Response:
        """Answer ``GET /zoek``: the form, and results where ``q`` is given."""
        query = request.query_params.get("q", "")
        problem, hits, status = "", None, 200
        if query.strip():
            try:
                hits = self._search(request, PAGE_HITS)
            except QueryError:
                problem, status = "wrong", 400
        return _html(search_page(query, hits, _language(request), _root(request), problem), status)

    def report(self, request: Request) -> Response:
        """Answer ``GET /verslag/ID``: a whole report."""
        try:
            report, status = self._index.report(request.path_params["report_id"]), 200
        except ReportMissingError:
            report, status = None, 404
        return _html(report_page(report, _language(request), _root(request)), status)

    def api(self, request: Request) -> Response:
        """Answer ``GET /api/v1/search``: the object ``search --json`` prints."""
        try:
            return _json(self._search(request, PAGE_HITS).to_dict(), 200)
        except QueryError as error:
            return _json({"error": str(error)}, 400)

    def static(self, request: Request) -> Response:
        """Answer ``GET /static/NAME``."""
        from starlette.responses import Response

        name = request.path_params["name"]
        if name not in STATIC:
            return Response(status_code=404, headers=HEADERS)
        headers = {**HEADERS, **FOR_PORTALS, "Access-Control-Allow-Origin": "*"}
        return Response(self._static[name], media_type=STATIC[name], headers=headers)

    def health(self, _request: Request) -> Response:
        """Answer ``GET /healthz``: that the index can be searched."""
        return _json({"status": "ok", "generation": self._index.info()["generation"]}, 200)

    def refuse(self, _request: Request, error: Any) -> Response:
        """Answer what has no route, or another method than it takes."""
        return _json({"error": error.detail}, error.status_code, error.headers)

    def fail(self, request: Request, error: Exception) -> Response:
        """Answer a search that an index out of order does not allow; what is wrong goes to the log alone."""
        log.error("%s", error)
        if request.url.path.startswith(f"{_root(request)}api/"):
            return _json({"error": "the index cannot be searched now; try again later"}, 503)
        return _html(search_page("", None, _language(request), _root(request), "failed"), 503)

    def _search(self, request: Request, default_limit: int) -> Hits:
        values = request.query_params
        filters = Filters(since=values.get("from"), until=values.get("until"), place=values.get("place"))
        mode: Any = values.get("mode", "hybrid")
        limit = _number(values.get("limit"), default_limit)
        chosen: Mode = mode
        return self._index.search(values.get("q", ""), limit=limit, mode=chosen, filters=filters)


def _number(value: str | None, default: int) -> int:
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and 1 <= int(value) <= 100):
        raise QueryError(f"limit must be a number from 1 to 100, not {value[:20]!r}")
    return int(value)


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "nl")
    return wanted if wanted in LANGUAGES else "nl"


def _root(request: Request) -> str:
    path: str = request.scope.get("root_path", "")
    return path.rstrip("/") + "/"


def _html(text: str, status: int) -> Response:
    from starlette.responses import HTMLResponse

    return HTMLResponse(text, status_code=status, headers={**HEADERS, **NOT_KEPT})


def _json(value: object, status: int, headers: Mapping[str, str] | None = None) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse(value, status_code=status, headers={**HEADERS, **NOT_KEPT, **(headers or {})})
