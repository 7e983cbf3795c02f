"""Whom each route is for, said a second time and by hand: what a route declares of itself is held against this.

A new route fails until it stands here; a route whose declaration was loosened fails too.
"""

PUBLIK, MASUK = "publik", "masuk"
#: permission -> the endpoints that ask for it.
ACCESS = {
    PUBLIK: (
        "sites.front", "health.alive", "health.ready", "health.prometheus", "message_choices.ask_stop",
        "message_choices.stop",
        "sabilulungan.index", "sabilulungan.as_csv", "sabilulungan.as_json", "sabilulungan.as_xlsx",
        "sabilulungan.detail", "sabilulungan.recipient", "sabilulungan.process_csv",
        "anggaran.index", "anggaran.as_csv", "anggaran.as_json", "anggaran.as_xlsx", "anggaran.differences",
        "identity.sign_in", "identity.sign_in_now", "identity.forgotten", "identity.send_reset",
        "identity.new_password", "identity.set_new_password", "identity.demo_letters",
        "identity.sign_in_challenge", "identity.sign_in_by_passkey", "identity.go_to_provider",
        "identity.back_from_provider",
        "audit.public_roots", "audit.public_roots_json", "workflow.draws", "workflow.draws_json",
        "integrity.public", "integrity.public_csv",
        "api.page", "api.openapi", "api.daerah", "api.dataset", "api.hibah", "api.hibah-satu", "api.penerima",
        "api.penerima-satu", "api.tahap", "api.anggaran",
        "documents.download", "verification.by_token", "verification.ask_file", "verification.by_file",
    ),
    # Whose file it is, or whose duty, is decided behind these; a stranger is answered 404.
    MASUK: (
        "identity.account", "identity.change_password", "identity.security", "identity.end_other_sessions", "identity.end_one_session",
        "identity.ask_remove", "identity.remove_factor", "identity.ask_codes", "identity.make_codes", "audit.history",
        "privacy.notice", "privacy.agree", "privacy.withdraw", "privacy.own", "privacy.own_json", "privacy.ask_erasure",
        "privacy.ask_erasure_now", "privacy.take_erasure_back",
        "documents.begin_upload", "documents.upload_state", "documents.continue_upload", "documents.finish_upload",
        "workflow.file", "workflow.do", "usulan.mine", "inbox.index", "inbox.mark", "inbox.mark_all", "inbox.open_message",
        "message_choices.index", "message_choices.save", "message_choices.new_phone", "message_choices.prove_phone",
        "message_choices.forget_phone", "operations.one", "integrity.questions", "integrity.question", "integrity.answer",
    ),
    # A sign-in that is not finished reaches these and nothing else.
    "keluar": ("identity.ask_sign_out", "identity.sign_out"),
    "faktor": ("identity.ask_factor", "identity.give_factor", "identity.factor_challenge"),
    "pasang": (
        "identity.choose_factor", "identity.show_app", "identity.set_up_app", "identity.app_picture",
        "identity.show_passkey", "identity.passkey_challenge", "identity.add_passkey",
    ),
    "keamanan.kelola": (
        "identity.security_rules", "identity.set_security_rules", "identity.sso_settings", "identity.save_sso_settings",
    ),
    "pesan.kelola": ("message_texts.index", "message_texts.edit", "message_texts.save"),
    "pekerjaan.kelola": (
        "operations.index", "operations.ask_drop", "operations.drop", "operations.repeat", "operations.repeat_all",
    ),
    "tugas.kerjakan": ("workflow.desk", "workflow.take_next", "workflow.at_once", "workflow.conflict"),
    "usulan.ajukan": ("usulan.new", "usulan.save_new", "usulan.edit", "usulan.save"),
    "surat.lihat": ("letters.letters", "letters.letter"),
    "surat.kelola": ("letters.ask_revoke", "letters.revoke", "imports.ask_minutes", "imports.issue_minutes"),
    "surat.tandatangan": ("letters.sign", "letters.settle_signed", "letters.settle_failed"),
    "temuan.lihat": (
        "integrity.findings", "integrity.findings_csv", "integrity.ask_scan", "integrity.finding", "integrity.agree",
    ),
    "temuan.atur": (
        "integrity_rules.rules", "integrity_rules.rule", "integrity_rules.propose", "integrity_rules.approve",
        "integrity_rules.resume",
    ),
    "audit.lihat": ("audit.log", "audit.log_csv", "audit.people"),
    "akun.kelola": (
        "identity.people", "identity.invite", "identity.close", "identity.ask_reset_factor", "identity.reset_factor",
        "workflow_settings.standing_in", "workflow_settings.lend", "workflow_settings.end",
    ),
    "pribadi.buka": (
        "sabilulungan_officer.organisation", "sabilulungan_officer.open_organisation",
        "sabilulungan_officer.recipient", "sabilulungan_officer.open_recipient",
    ),
    "pribadi.putuskan": ("privacy_officer.requests", "privacy_officer.request_page", "privacy_officer.decide"),
    "pengaturan.lihat": (
        "identity.settings", "imports.runs", "privacy_officer.rules", "workflow_settings.days", "workflow_settings.rules",
    ),
    "pengaturan.ubah": (
        "look.look", "look.save", "documents.show_arms", "documents.replace_arms", "privacy_officer.set_rule",
        "workflow_settings.set_day", "workflow_settings.forget_day",
        "workflow_settings.propose", "workflow_settings.approve",
    ),
}  # fmt: skip
#: Files of the user interface's own room: the same for everybody, no region's rows behind them.
OPEN = ("ui.static", "ui.theme")
#: What an address may name: argument -> where B keeps such a thing. A new argument fails until it stands here.
FOREIGN = {
    "nomor": "SELECT nomor FROM hibah WHERE region_id = :b AND id = :hibah",
    "organisasi_id": "SELECT id FROM organisasi WHERE region_id = :b AND id = :organisasi",
    "file_id": "SELECT id FROM workflow_files WHERE region_id = :b AND id = :workflow_files",
    "request_id": "SELECT id FROM erasure_requests WHERE region_id = :b AND id = :erasure_requests",
    "message_id": "SELECT id FROM inbox_messages WHERE region_id = :b AND id = :inbox_messages",
    "job_id": "SELECT id FROM outbox WHERE region_id = :b AND id = :outbox",
    "kode": "SELECT token FROM letters WHERE region_id = :b AND id = :letters",
    "document_id": "SELECT id FROM documents WHERE region_id = :b AND id = :documents",
    "upload_id": "SELECT id FROM uploads WHERE region_id = :b AND id = :uploads",
    "letter_id": "SELECT id FROM letters WHERE region_id = :b AND id = :letters",
    "run_id": "SELECT id FROM import_runs WHERE region_id = :b AND id = :import_runs",
    "finding_id": "SELECT id FROM integrity_findings WHERE region_id = :b AND id = :integrity_findings",
    "clarification_id": "SELECT id FROM integrity_clarifications WHERE region_id = :b AND id = :integrity_clarifications",
    "account_id": "SELECT id FROM accounts WHERE region_id = :b AND id = :accounts",
    "session_id": "SELECT id FROM account_sessions WHERE region_id = :b AND id = :account_sessions",
    "factor_id": "SELECT id FROM account_passkeys WHERE region_id = :b AND id = :account_passkeys",
}
#: Arguments whose value the database does not hold as it stands in the address, or that belong to no region.
LINK = "token"
CONSTANT = {"filename": "gaya.css", "action": "ajukan", "event": "tugas.baru", "rule": "R04", "tanda": "tanda-palsu"}


def permission_of(endpoint: str) -> str:
    """The permission that the table asks for.

    Raises:
        KeyError: the endpoint is not in the table.
    """
    for permission, endpoints in ACCESS.items():
        if endpoint in endpoints:
            return permission
    raise KeyError(f"{endpoint}: tulis di tests/isolation/access.py untuk siapa rute ini")
