"""Smaller answers for slow lines, except where a page holds a secret of the person who asked.

An answer to a browser that carries a session is not compressed: what was asked and what is secret would share one
compressed body (BREACH).
"""

from flask import Flask, Response, request
from flask_compress import Compress

TEXTUAL = ["text/html", "text/css", "text/javascript", "text/plain", "text/csv", "image/svg+xml", "application/json"]
SMALLEST = 600


def init_app(app: Flask) -> None:
    """Compress what may be compressed; streamed files are compressed as they go."""
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_MIMETYPES=TEXTUAL,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=6,
        COMPRESS_MIN_SIZE=SMALLEST,
    )
    compress = Compress(app)

    def after(response: Response) -> Response:
        if app.config["SESSION_COOKIE_NAME"] in request.cookies:
            return response
        compressed: Response = compress.after_request(response)
        return compressed

    app.after_request(after)
