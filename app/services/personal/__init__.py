"""Personal data: sealed at rest with a key of the region, matched by keyed hashes, masked on every screen."""

from flask import Flask

from app.services.personal.keys import register_held
from app.services.personal.sealing import NATIONAL


def init_app(_app: Flask) -> None:
    """Keep the key that all regions compare with."""
    register_held(NATIONAL)
