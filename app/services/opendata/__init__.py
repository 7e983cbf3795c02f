"""Open data: streamed files, and the API that modules register their resources with."""

from flask import Flask

from app.services.opendata import facts, routes, sharing
from app.services.opendata.registry import register_resource
from app.services.opendata.throttle import THROTTLE, Throttle


def init_app(app: Flask) -> None:
    """Make the API's routes: call it when the modules have registered theirs."""
    for resource in facts.RESOURCES:
        register_resource(resource)
    app.extensions[THROTTLE] = Throttle(app.extensions["settings"])
    app.register_blueprint(routes.make_blueprint())
    sharing.init_app(app)
