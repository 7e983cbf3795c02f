"""Files that people send, letters that a region issues, and what was asked of a signing service."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0051"
down_revision = "0050"

TABLES = (
    TenantTable(
        "documents",
        (
            "kind text NOT NULL",
            "subject_type text NOT NULL",
            "subject_ref text NOT NULL",
            "visibility text NOT NULL CHECK (visibility IN ('publik', 'internal', 'rahasia'))",
            "file_name text NOT NULL",
            "media_type text NOT NULL",
            "size bigint NOT NULL CHECK (size > 0)",
            "sha256 text NOT NULL",
            # What may be shown to others: the picture made anew, without the place and time inside it.
            "copy_size bigint CHECK (copy_size > 0)",
            "phash text NOT NULL DEFAULT ''",
            "pages bigint",
            "width bigint",
            "height bigint",
            "taken_at text NOT NULL DEFAULT ''",
            "latitude double precision",
            "longitude double precision",
            "scanned boolean NOT NULL DEFAULT false",
            "actor text NOT NULL",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        indexes=("subject_type, subject_ref, id", "kind, id", "sha256", "phash"),
    ),
    TenantTable(
        "uploads",
        (
            "kind text NOT NULL",
            "actor text NOT NULL",
            "file_name text NOT NULL",
            "size bigint NOT NULL CHECK (size > 0)",
            "received bigint NOT NULL DEFAULT 0 CHECK (received >= 0)",
            # What the checks found, as JSON, once every byte is here; empty before.
            "facts text NOT NULL DEFAULT ''",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        indexes=("created_at", "actor, created_at"),
        writes="INSERT, UPDATE, DELETE",
    ),
    TenantTable(
        "upload_parts",
        ("upload_id uuid NOT NULL", "start bigint NOT NULL", "size bigint NOT NULL CHECK (size > 0)"),
        uniques=("upload_id, start",),
        references=(("upload_id", "uploads", "id"),),
        writes="INSERT, DELETE",
    ),
    TenantTable(
        "letter_numbers",
        ("kind text NOT NULL", "tahun bigint NOT NULL", "last bigint NOT NULL CHECK (last > 0)"),
        uniques=("kind, tahun",),
    ),
    TenantTable(
        "letters",
        (
            "kind text NOT NULL",
            "version bigint NOT NULL",
            "tahun bigint NOT NULL",
            "number bigint NOT NULL CHECK (number > 0)",
            "nomor text NOT NULL",
            "tanggal date NOT NULL",
            "subject_type text NOT NULL",
            "subject_ref text NOT NULL",
            "token text NOT NULL",
            "data text NOT NULL",
            "data_hash text NOT NULL",
            "signer text NOT NULL",
            "state text NOT NULL DEFAULT 'SIAP'"
            " CHECK (state IN ('SIAP', 'DIMINTA', 'DITANDATANGANI', 'GAGAL', 'TIDAK_PASTI'))",
            # Printed after the number was taken, from `data` alone: nobody waits for paper while the counter is locked.
            "document_id uuid",
            "signed_document_id uuid",
            "signed_at timestamptz",
            "revoked_at timestamptz",
            "revoked_reason text NOT NULL DEFAULT ''",
            "actor text NOT NULL",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "CHECK (state <> 'DITANDATANGANI' OR (signed_document_id IS NOT NULL AND signed_at IS NOT NULL))",
        ),
        uniques=("token", "kind, tahun, number"),
        references=(("document_id", "documents", "id"), ("signed_document_id", "documents", "id")),
        indexes=("subject_type, subject_ref", "document_id", "signed_document_id"),
    ),
    TenantTable(
        "signature_requests",
        (
            "letter_id uuid NOT NULL",
            "provider text NOT NULL",
            "actor text NOT NULL",
            "state text NOT NULL DEFAULT 'DIMINTA'"
            " CHECK (state IN ('DIMINTA', 'DITANDATANGANI', 'GAGAL', 'TIDAK_PASTI'))",
            "code text NOT NULL DEFAULT ''",
            "note text NOT NULL DEFAULT ''",
            "requested_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "answered_at timestamptz",
        ),
        references=(("letter_id", "letters", "id"),),
        indexes=("letter_id, requested_at",),
    ),
    TenantTable(
        "signing_services",
        (
            "provider text NOT NULL CHECK (provider IN ('LOKAL', 'BSRE_V1', 'BSRE_V2'))",
            "url text NOT NULL DEFAULT ''",
            "username text NOT NULL DEFAULT ''",
            # The password of the service (never a signer's passphrase), sealed with the region's key.
            "password_sealed bytea",
            "actor text NOT NULL",
            "changed_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            # What it signs: one service a region for each purpose.
            "purpose text NOT NULL DEFAULT 'surat' CHECK (purpose IN ('surat'))",
        ),
        uniques=("purpose",),
    ),
)


def upgrade() -> None:
    for table in TABLES:
        create_tenant_table(table)
    # A letter waits for one answer at a time, and is signed once.
    op.execute(
        "CREATE UNIQUE INDEX uq_signature_requests_open ON signature_requests (region_id, letter_id)"
        " WHERE state IN ('DIMINTA', 'TIDAK_PASTI', 'DITANDATANGANI')"
    )
