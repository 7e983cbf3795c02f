"""The log as a file that anybody can verify without this software: docs/audit_verify.py, standard library only."""

import json
from collections.abc import Callable
from pathlib import Path

from app.services.audit.entries import FIELDS
from app.services.audit.roots import roots_of
from app.services.audit.verify import entries, head
from app.tenancy.context import current
from app.tenancy.database import db

FORMAT = "smartcity-audit-1"


def export(path: Path, progress: Callable[[int], None] = lambda _entries: None) -> int:
    """Write the current region's log: a line with head and published roots, then a line an entry.

    The file appears whole or not at all. Returns how many entries it holds.

    Raises:
        OSError: it cannot be written.
    """
    region_id = current().region_id
    # Before the head: a root that is published meanwhile would be ahead of it.
    roots = [{"day": root.day.isoformat(), "seq": root.seq, "hash": root.hash} for root in roots_of(region_id)]
    db.session.rollback()
    last, digest, _in_log = head()
    part, count = path.with_name(path.name + ".part"), 0
    with part.open("w", encoding="utf-8", newline="\n") as file:
        ends = {"seq": last, "hash": digest.hex()}
        file.write(json.dumps({"format": FORMAT, "region": str(region_id), "head": ends, "roots": roots}) + "\n")
        for values, stored in entries(last):
            line = {**dict(zip(FIELDS, values, strict=True)), "hash": stored.hex()}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
            progress(1)
    part.replace(path)
    return count
