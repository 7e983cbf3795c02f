"""Floor 5: which rooms a host shows, and the door that every request passes."""

from flask import Flask

from app.sites import door, pages


def init_app(app: Flask) -> None:
    """Attach the door (site, context, headers) and the pages that belong to no module."""
    door.init_app(app)
    app.register_blueprint(pages.bp)
