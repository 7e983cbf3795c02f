"""The budget as enacted: its lines as published, where totals and parts differ, and who accepted that."""

from migrations.ops import TenantTable, create_tenant_table

revision = "0007"
down_revision = "0006"
# A new import of a year takes the place of the old one.
WRITES = "INSERT, UPDATE, DELETE"

TABLES = (
    TenantTable(
        "anggaran_years",
        (
            "tahun bigint NOT NULL",
            "sumber text NOT NULL",
            "alasan text NOT NULL DEFAULT ''",
            "actor text NOT NULL",
            "totals_read bigint NOT NULL",
            "doubles_dropped bigint NOT NULL",
            "doubles_kept bigint NOT NULL",
            "imported_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("tahun",),
        writes=WRITES,
    ),
    TenantTable(
        "anggaran",
        (
            "tahun bigint NOT NULL",
            "nomor_baris bigint NOT NULL",
            "skpd_kode text NOT NULL",
            "skpd_nama text NOT NULL",
            'kode_rekening text COLLATE "C" NOT NULL',
            "uraian text NOT NULL",
            "keterangan text NOT NULL",
            "level bigint NOT NULL",
            "is_total boolean NOT NULL",
            "jumlah bigint NOT NULL",
        ),
        uniques=("tahun, nomor_baris",),
        indexes=("tahun, is_total, kode_rekening", "tahun, is_total, skpd_kode"),
        writes=WRITES,
    ),
    TenantTable(
        "anggaran_selisih",
        (
            "tahun bigint NOT NULL",
            "skpd_kode text NOT NULL",
            "kode_rekening text NOT NULL",
            "uraian text NOT NULL",
            "jumlah_terbit bigint NOT NULL",
            "jumlah_bagian bigint NOT NULL",
        ),
        uniques=("tahun, skpd_kode, kode_rekening",),
        writes=WRITES,
    ),
)


def upgrade() -> None:
    for table in TABLES:
        create_tenant_table(table)
