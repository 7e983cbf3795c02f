"""Work outside the request: written down in its transaction (outbox), carried to RQ by the relay, done by a worker."""
