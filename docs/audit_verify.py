"""Verify an exported audit log with Python's standard library alone, without the software that wrote it.

    python audit_verify.py LOG.ndjson [ROOTS.json ...]

LOG comes from `flask audit export`. ROOTS are copies of https://<region>/audit.json or https://<domain>/audit.json that
you saved yourself: a log that was rewritten as a whole still has to meet the roots that were published before.
Exit 0 and one line when everything holds; else 1 and the first thing that does not. The form is told in audit.md.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

FIELDS = (
    "region", "seq", "at", "id", "event", "subject_type", "subject_id", "actor", "role", "acting_for", "address",
    "address_hash", "request_id", "reason", "before", "after", "personal",
)  # fmt: skip


class Broken(Exception):
    """What does not hold."""


def check(good: bool, problem: str) -> None:
    if not good:
        raise Broken(problem)


def chained(previous: bytes, entry: dict[str, str]) -> bytes:
    """sha256(previous || canonical); canonical: each value as <length in bytes>:<value>, one after the other."""
    values = [entry[name].encode() for name in FIELDS]
    return hashlib.sha256(previous + b"".join(b"%d:%s" % (len(value), value) for value in values)).digest()


def verify(lines: Iterable[str], published: Iterable[dict] = ()) -> int:
    """How many entries hold, or Broken. `published`: objects with region, day, seq and hash."""
    entries = map(json.loads, lines)
    start = next(entries, {})
    check(start.get("format") == "smartcity-audit-1", "this is not an audit log of this format")
    roots = [*start["roots"], *(root for root in published if root["region"] == start["region"])]
    expected = {(root["seq"], root["hash"]) for root in roots}
    seq, previous = 0, bytes(32)
    for seq, entry in enumerate(entries, 1):
        place = (entry["region"], entry["seq"])
        check(place == (start["region"], str(seq)), f"entry {seq} is missing; there is entry {place[1]} instead")
        previous = chained(previous, entry)
        same = previous.hex() == entry["hash"] and entry.keys() == {*FIELDS, "hash"}
        check(same, f"entry {seq} is not what was written: its content or its place was changed")
        expected.discard((seq, entry["hash"]))
    check((seq, previous.hex()) == (start["head"]["seq"], start["head"]["hash"]), f"the log is cut off after {seq}")
    check(not expected, f"the published root of entry {min(expected)[0] if expected else 0} is not met")
    return seq


if __name__ == "__main__":
    roots = [root for name in sys.argv[2:] for root in json.loads(Path(name).read_text("utf-8"))["roots"]]
    try:
        with Path(sys.argv[1]).open(encoding="utf-8") as file:
            sys.stdout.write(f"good: {verify(file, roots)} entries, {len(roots)} published roots given\n")
    except Broken as broken:
        sys.exit(f"BROKEN: {broken}")
