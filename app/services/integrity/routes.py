"""Findings for the inspectorate, questions for whom they concern, counts for everybody."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.wrappers import Response as BaseResponse

from app.services import audit
from app.services.identity.permissions import MASUK, PUBLIK, TEMUAN_LIHAT, requires
from app.services.integrity import clarifications, national, queries, scanning
from app.services.integrity.models import Finding
from app.services.integrity.national import Match
from app.services.integrity.precision import LEAST_DECIDED
from app.services.integrity.queries import Filter
from app.services.integrity.rules import SEVERITIES, SEVERITY_LOOK, all_flags, flag_of
from app.services.integrity.subjects import kind_of
from app.services.integrity.workflow import FINDING
from app.services.opendata.tables import csv_lines
from app.services.ui.asking import choice, download, number
from app.services.ui.i18n import _
from app.services.workflow.process import Refused
from app.services.workflow.timeline import public_steps
from app.tenancy.database import db

bp = Blueprint("integrity", __name__, template_folder="templates")
Page = str | tuple[str, int] | BaseResponse
CSV_COLUMNS = [
    "nomor", "aturan", "judul", "tingkat", "keadaan", "tahun", "nilai", "subjek", "pertama_terlihat",
    "terakhir_terlihat", "tidak_terlihat_sejak", "alasan_tutup",
]  # fmt: skip
LONGEST_SEARCH = 100


@bp.before_request
def only_portals() -> None:
    """A kota or kabupaten has findings; the nation's and a province's sites have not."""
    if g.site.room != "portal":
        abort(404)


def _filter() -> Filter:
    wanted = request.args.get("q", "").strip()
    if len(wanted) > LONGEST_SEARCH or "\0" in wanted:
        raise UnprocessableEntity(_("Pencarian terlalu panjang; pakai paling banyak 100 huruf."))
    return Filter(
        wanted, choice("aturan", [flag.code for flag in all_flags()]) or "",
        choice("keadaan", [state.code for state in FINDING.states]) or "", choice("tingkat", SEVERITIES) or "",
        number("tahun", 1990, 2200),
    )  # fmt: skip


def _title(rule: str) -> str:
    flag = flag_of(rule)
    return str(flag.title) if flag else rule


def _state(code: str) -> Any:
    return FINDING.state(code)


@bp.get("/temuan")
@requires(TEMUAN_LIHAT)
def findings() -> str:
    """The region's findings, gravest first."""
    wanted = _filter()
    return render_template(
        "integrity/temuan.html", wanted=wanted, listing=queries.listing(wanted, number("halaman", 1, 1_000_000) or 1),
        title=_title, state=_state, severity=SEVERITY_LOOK, scans=queries.last_scans(1),
        query=request.query_string.decode("ascii", "replace"),
    )  # fmt: skip


@bp.get("/temuan.csv")
@requires(TEMUAN_LIHAT)
def findings_csv() -> Response:
    """What the filter shows; that it was taken is logged."""
    wanted = _filter()
    audit.note(
        "integritas.unduh", "integrity_findings", str(g.site.region_id), after={"saringan": request.args.to_dict()}
    )
    db.session.commit()
    return download(csv_lines(CSV_COLUMNS, _csv_rows(wanted)), "text/csv", "temuan.csv")


def _csv_rows(wanted: Filter) -> Iterator[tuple[object, ...]]:
    for row in queries.stream(wanted):
        yield (
            row.nomor, row.rule, _title(row.rule), row.severity, row.state, row.year, row.amount, row.subjects,
            row.first_seen, row.last_seen, row.gone_at, row.closed_code,
        )  # fmt: skip


@bp.post("/temuan/pindai")
@requires(TEMUAN_LIHAT)
def ask_scan() -> BaseResponse:
    """Ask for a scan; it runs behind the page."""
    scanning.request("permintaan")
    db.session.commit()
    flash(_("Pemindaian diminta; temuan baru muncul di sini setelah selesai."))
    return redirect(url_for("integrity.findings"), 303)


def _finding(finding_id: UUID) -> Finding:
    return queries.one(finding_id) or abort(404)


def _matches(finding: Finding) -> list[Match]:
    """The matches across regions that a finding of a national rule is about."""
    flag = flag_of(finding.rule)
    if flag is None or not flag.national or finding.year is None:
        return []
    pages = [(piece, row) for piece in queries.pieces_of(finding) for row in piece.rows]
    return [
        Match(row["yang_sama"], finding.year, piece.url.rpartition("/")[2], row["daerah_lain"]) for piece, row in pages
    ]


@bp.get("/temuan/<uuid:finding_id>")
@requires(TEMUAN_LIHAT)
def finding(finding_id: UUID) -> str:
    """One finding: its evidence as table and chart, what may explain it, its history. The look is logged."""
    row = _finding(finding_id)
    audit.look("integrity_finding", finding_id, "bukti temuan")
    file = queries.file_of(row)
    met = [(match, *national.disclosed(match)) for match in _matches(row)]
    if any(told for _match, _agreed, told in met):
        audit.look("integrity_finding", finding_id, "berkas di daerah lain")
    return render_template(
        "integrity/satu.html", finding=row, file=file, evidence=queries.evidence_of(row), title=_title(row.rule),
        state=_state(row.state), severity=SEVERITY_LOOK[row.severity], steps=public_steps(file) if file else [],
        questions=clarifications.of_finding(row.id), kind=kind_of, met=met,
    )  # fmt: skip


@bp.post("/temuan/<uuid:finding_id>/buka")
@requires(TEMUAN_LIHAT)
def agree(finding_id: UUID) -> BaseResponse:
    """This inspectorate agrees to tell the other region, and to be told once that one agrees as well."""
    matches = _matches(_finding(finding_id))
    if not matches:
        abort(404)
    for match in matches:
        national.agree(match)
    db.session.commit()
    flash(_("Persetujuan dicatat. Berkas di daerah lain terlihat setelah inspektoratnya juga setuju."))
    return redirect(url_for("integrity.finding", finding_id=finding_id), 303)


@bp.get("/klarifikasi")
@requires(MASUK)
def questions() -> str:
    """What I was asked."""
    return render_template("integrity/klarifikasi.html", questions=clarifications.mine(), title=_title)


def _question(clarification_id: UUID, refused: Refused | None = None) -> Page:
    question = clarifications.one_of_mine(clarification_id) or abort(404)
    flag = flag_of(question.rule)
    errors = {refused.code: str(refused)} if refused else {}
    page = render_template(
        "integrity/jawab.html", question=question, flag=flag, refs=clarifications.about(question), errors=errors,
        typed=request.form.get("jawaban", ""), own=question.account_id == current_user.id,
    )  # fmt: skip
    return (page, 422) if refused else page


@bp.get("/klarifikasi/<uuid:clarification_id>")
@requires(MASUK)
def question(clarification_id: UUID) -> Page:
    """One question, and the form of its answer."""
    return _question(clarification_id)


@bp.post("/klarifikasi/<uuid:clarification_id>")
@requires(MASUK)
def answer(clarification_id: UUID) -> Page:
    """Answer it, once."""
    try:
        clarifications.answer(clarification_id, request.form.get("jawaban", ""))
    except LookupError:
        abort(404)
    except Refused as refused:
        return _question(clarification_id, refused)
    flash(_("Jawaban Anda tercatat dan dibaca sebelum apa pun diputuskan."))
    return redirect(url_for("integrity.questions"), 303)


@bp.get("/integritas")
@requires(PUBLIK)
def public() -> str:
    """Counts by rule and state, never a case."""
    cells = queries.public_counts()
    rules = [flag for flag in all_flags() if flag.find is not None]
    return render_template(
        "integrity/integritas.html", rules=rules, waiting=[flag for flag in all_flags() if flag.find is None],
        states=FINDING.states, cells={(cell.rule, cell.state): cell.count for cell in cells}, small=queries.SMALL_CELL,
        decided=LEAST_DECIDED, severity=SEVERITY_LOOK,
    )  # fmt: skip


@bp.get("/integritas.csv")
@requires(PUBLIK)
def public_csv() -> Response:
    """The same as a file; an empty count stands for fewer than five."""
    rows = [(cell.rule, _title(cell.rule), cell.state, cell.count) for cell in queries.public_counts()]
    return download(csv_lines(["aturan", "judul", "keadaan", "temuan"], rows), "text/csv", "integritas.csv")
