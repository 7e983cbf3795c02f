"""Open data may be read by scripts of every site (CORS): GET only, and never with anybody's cookies."""

from flask import Flask, Response, g, request

from app.services.opendata.registry import is_open_file
from app.services.opendata.throttle import Verdict
from app.services.ui.i18n import for_programs, language

EXPOSED = "ETag, Link, Retry-After, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
#: Answers to the question that a browser asks before a request with headers of its own.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


def share(response: Response) -> Response:
    """Open what is open data; tell a program its language and what is left of its ration."""
    if not for_programs() and not is_open_file(request.path):
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers.update(PREFLIGHT)
    if for_programs():
        response.headers["Content-Language"] = language()
        response.vary.add("Accept-Language")
    verdict: Verdict | None = g.get("api_verdict")
    if verdict is not None:
        response.headers.update(verdict.headers())
    return response


def init_app(app: Flask) -> None:
    """Attach it; registered after the door, so it runs before the door fills in what is missing."""
    app.after_request(share)
