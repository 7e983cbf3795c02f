"""Rules about who sits at the desk: decisions by the dozen, at night, and helpers who file by the dozen."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from app.sabilulungan.flags.sql import GRANTED, rows
from app.services.integrity.rules import Row
from app.services.workflow import calendar

#: Steps that an officer took; what a timer or the applicant does decides nothing.
DECIDED = "s.duty NOT IN ('', 'sistem', 'pemohon') AND f.process = 'hibah'"
RUSHED = f"""
SELECT actor || '|' || day AS key, 'akun' AS subject_type, actor AS subject, actor AS ref, year, jam, n AS keputusan,
    files AS berkas
FROM (
    SELECT s.actor, to_char(s.recorded_at AT TIME ZONE :zone, 'YYYY-MM-DD') AS day,
        to_char(s.recorded_at AT TIME ZONE :zone, 'YYYY-MM-DD HH24.00') AS jam,
        max(CAST(extract(year FROM s.recorded_at AT TIME ZONE :zone) AS bigint)) AS year,
        count(*) AS n, count(DISTINCT s.file_id) AS files
    FROM workflow_steps s JOIN workflow_files f ON f.region_id = :region_id AND f.id = s.file_id
    WHERE s.region_id = :region_id AND {DECIDED} GROUP BY 1, 2, 3
) hours WHERE n > :per_jam ORDER BY 1, jam
"""
STEPS = f"""
SELECT s.actor, s.recorded_at, s.action, f.nomor,
    coalesce(h.amount_approved, h.amount_tapd, h.amount_requested) AS nilai
FROM workflow_steps s JOIN workflow_files f ON f.region_id = :region_id AND f.id = s.file_id
JOIN hibah h ON h.region_id = :region_id AND h.id = f.subject
WHERE s.region_id = :region_id AND {DECIDED} ORDER BY s.recorded_at
"""
MILLS = f"""
WITH filed AS (
    SELECT h.pemohon_id AS account, to_char(h.tanggal_masuk, 'YYYY-MM') AS bulan, {GRANTED} AS granted
    FROM hibah h WHERE h.region_id = :region_id AND h.status <> 'DRAFT' AND h.pemohon_id IS NOT NULL
        AND h.tanggal_masuk IS NOT NULL
), everyone AS (
    SELECT avg(CAST(granted AS integer))::double precision AS share FROM filed
), helped AS (
    SELECT account, bulan, count(*) AS n, avg(CAST(granted AS integer))::double precision AS share FROM filed
    WHERE account IN (SELECT account_id FROM account_roles WHERE region_id = :region_id AND role = 'pendamping')
    GROUP BY 1, 2
)
SELECT account || '|' || bulan AS key, 'akun' AS subject_type, account AS subject, CAST(account AS text) AS ref,
    CAST(left(bulan, 4) AS bigint) AS year, bulan, n AS usulan, h.share AS berhasil, e.share AS berhasil_umum
FROM helped h CROSS JOIN everyone e WHERE n > :per_bulan AND h.share > :kali_wajar * e.share ORDER BY 1
"""


def out_of_hours(params: Mapping[str, Any]) -> Iterator[Row]:
    """R29: decisions at night or on a free day, several in a month by one person, or one about much money."""
    zone, free = ZoneInfo(params["zone"]), calendar.region_calendar()
    months: dict[tuple[str, str], list[tuple[Any, Row]]] = defaultdict(list)
    for row in rows(STEPS):
        at = row["recorded_at"].astimezone(zone)
        night = at.hour >= params["sejak"] or at.hour < params["sampai"]
        if night or not free.is_working(at.date()):
            months[row["actor"], at.strftime("%Y-%m")].append((at, row))
    for (actor, month), late in months.items():
        if len(late) < params["per_bulan"] and not any((row["nilai"] or 0) >= params["nilai"] for _at, row in late):
            continue
        for at, row in late:
            yield {
                "key": f"{actor}|{month}", "subject_type": "akun", "subject": actor, "ref": actor, "year": at.year,
                "waktu": at.strftime("%Y-%m-%d %H.%M"), "tindakan": row["action"], "nomor": row["nomor"],
                "nilai": row["nilai"],
            }  # fmt: skip
