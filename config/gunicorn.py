"""gunicorn: threads share one application; sizes of what a client may send are bounded here."""

import gc
from typing import Any

from config import settings as configuration

_settings = configuration.load()
bind = f"0.0.0.0:{_settings.port}"
workers = 2
worker_class = "gthread"
threads = _settings.web_threads
timeout = 60
# On SIGTERM no new connection is taken and what runs is finished; no statement may run longer than half of this.
graceful_timeout = 30
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 4_094
limit_request_fields = 60
limit_request_field_size = 8_190
accesslog = None


def post_worker_init(worker: Any) -> None:
    """Look through the application's own objects no more: they stay, and a page makes some ten thousand new ones.

    With Python's thresholds a fifth of a page's processor time went into looking for cycles among them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
