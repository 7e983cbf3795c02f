"""The people, browsers and jobs of the other rooms, here too."""

from tests.services.identity.conftest import browser, people
from tests.services.jobs.conftest import clean, counted_jobs, given_up, line, redis, row_of, server

__all__ = ["browser", "clean", "counted_jobs", "given_up", "line", "people", "redis", "row_of", "server"]
