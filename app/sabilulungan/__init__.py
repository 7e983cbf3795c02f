"""Floor 4: grants and social aid from the regional budget. This file is where the module registers."""

from flask import Flask, g

from app.sabilulungan import api, imports, personal, queries
from app.sabilulungan.anggaran import imports as anggaran_imports
from app.sabilulungan.anggaran import queries as anggaran_queries
from app.sabilulungan.flags import FLAGS, crossing
from app.sabilulungan.routes import anggaran, officer, public
from app.sabilulungan.stages import PUBLIC_STATES
from app.sabilulungan.subjects import KINDS
from app.sabilulungan.usulan import routes as usulan
from app.sabilulungan.workflow import PROPOSAL
from app.services.identity.permissions import MASUK
from app.services.imports.datasets import register_dataset
from app.services.integrity.national import register_source
from app.services.integrity.rules import register_flags
from app.services.integrity.subjects import register_subject_kind
from app.services.opendata.registry import register_files, register_resource
from app.services.ui import register_states
from app.services.ui.i18n import _, lazy
from app.services.ui.portal import (
    NavItem,
    OwnPage,
    Service,
    footer_navigation,
    navigation,
    register_own_page,
    register_service,
)
from app.services.workflow.process import register_process


def init_app(app: Flask) -> None:
    """Register routes, states and the door on the portal."""
    app.register_blueprint(public.bp)
    app.register_blueprint(anggaran.bp)
    app.register_blueprint(officer.bp)
    app.register_blueprint(usulan.bp)
    register_process(PROPOSAL)
    register_states(PUBLIC_STATES)
    register_flags(FLAGS)
    register_source(crossing.identifiers)
    for kind in KINDS:
        register_subject_kind(kind)
    for dataset in imports.DATASETS:
        register_dataset(dataset)
    register_dataset(anggaran_imports.DATASET)
    personal.register()
    for resource in api.RESOURCES:
        register_resource(resource)
    for files in api.FILES:
        register_files(files)
    register_service(
        Service(
            lazy("Hibah dan bansos"),
            lazy("Siapa meminta, siapa menerima, berapa, dan apakah sudah dipertanggungjawabkan."),
            "/hibah",
            "hibah",
            queries.key_figures,
        )
    )
    register_service(
        Service(
            lazy("Anggaran"),
            lazy("Pendapatan dan belanja daerah menurut SKPD dan rekening, sampai baris terakhir."),
            "/anggaran",
            "anggaran",
            anggaran_queries.key_figures,
            rooms=("portal", "province"),
        )
    )
    register_own_page(
        OwnPage(lazy("Usulan saya"), lazy("Mengajukan hibah atau bansos, dan mengikuti jalannya."), "/hibah/saya",
                MASUK, "kerja")
    )  # fmt: skip
    app.context_processor(_portal_navigation)


def _portal_navigation() -> dict[str, list[NavItem]]:
    if not g.get("site") or g.site.room not in {"portal", "province"}:
        return {}
    if g.site.room == "province":
        return {"nav": navigation("province")}
    return {
        "nav": navigation("portal"),
        "footer_nav": [
            *footer_navigation(),
            NavItem(_("Data proses usulan (CSV)"), "/hibah/proses.csv", current=False),
            NavItem(_("Data terbuka dan API"), "/api", current=False),
        ],
    }
