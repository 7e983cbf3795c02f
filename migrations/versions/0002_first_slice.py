"""What a region starts with, and the grants that everyone can see."""

from migrations.ops import TenantTable, create_tenant_table

revision = "0002"
down_revision = "0001"

TABLES = (
    TenantTable(
        "provision_steps",
        (
            "name text NOT NULL",
            "actor text NOT NULL",
            "finished_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "milliseconds bigint NOT NULL",
        ),
        uniques=("name",),
    ),
    TenantTable(
        "region_settings",
        ("key text NOT NULL", "value text NOT NULL", "legal_basis text NOT NULL DEFAULT ''"),
        uniques=("key",),
    ),
    TenantTable(
        "opd",
        ("kode text NOT NULL", "nama text NOT NULL", "bidang text NOT NULL DEFAULT ''"),
        uniques=("kode",),
    ),
    TenantTable(
        "service_catalogue",
        ("kode text NOT NULL", "nama text NOT NULL", "aplikasi text NOT NULL"),
        uniques=("kode",),
    ),
    TenantTable(
        "grant_programmes",
        (
            "tahun bigint NOT NULL",
            "jenis text NOT NULL CHECK (jenis IN ('hibah', 'bansos'))",
            "judul text NOT NULL",
            "kode_rekening text NOT NULL",
        ),
        uniques=("tahun, jenis",),
    ),
    TenantTable(
        "import_runs",
        (
            "dataset text NOT NULL",
            "file_name text NOT NULL",
            "sha256 text NOT NULL",
            "actor text NOT NULL",
            "rows_read bigint NOT NULL",
            "rows_new bigint NOT NULL",
            "report text NOT NULL",
            "finished_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        indexes=("finished_at",),
    ),
    TenantTable(
        "hibah",
        (
            "nomor text NOT NULL",
            "legacy_id text",
            "jenis text NOT NULL DEFAULT '' CHECK (jenis IN ('hibah', 'bansos', ''))",
            "tahun bigint",
            "tanggal_masuk date",
            "judul text NOT NULL",
            "bidang text NOT NULL DEFAULT ''",
            "kecamatan_kode text NOT NULL DEFAULT ''",
            "kelurahan_kode text NOT NULL DEFAULT ''",
            "amount_requested bigint CHECK (amount_requested >= 0)",
            "amount_recommended bigint CHECK (amount_recommended >= 0)",
            "amount_considered bigint CHECK (amount_considered >= 0)",
            "amount_tapd bigint CHECK (amount_tapd >= 0)",
            "amount_disbursed bigint CHECK (amount_disbursed >= 0)",
            "stage bigint NOT NULL DEFAULT 0 CHECK (stage BETWEEN 0 AND 7)",
            "has_nphd boolean NOT NULL DEFAULT false",
            "lpj_media bigint NOT NULL DEFAULT 0",
            "lpj_date date",
            "synthetic boolean NOT NULL DEFAULT false",
            "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("nomor", "legacy_id"),
        indexes=("tahun, amount_tapd DESC", "tanggal_masuk DESC, id DESC", "stage", "bidang", "kecamatan_kode"),
    ),
    TenantTable(
        "hibah_rab",
        (
            "hibah_id uuid NOT NULL",
            "nomor bigint NOT NULL",
            "uraian text NOT NULL",
            "amount_requested bigint NOT NULL",
            "amount_corrected bigint",
        ),
        uniques=("hibah_id, nomor",),
        references=(("hibah_id", "hibah", "id"),),
    ),
    TenantTable(
        "hibah_steps",
        (
            "hibah_id uuid NOT NULL",
            "stage bigint NOT NULL CHECK (stage BETWEEN 1 AND 7)",
            "happened_on date",
            "recorded_at timestamptz NOT NULL",
        ),
        uniques=("hibah_id, stage",),
        references=(("hibah_id", "hibah", "id"),),
    ),
    TenantTable(
        "hibah_terms",
        ("hibah_id uuid NOT NULL", 'term text COLLATE "C" NOT NULL'),
        uniques=("term, hibah_id",),
        references=(("hibah_id", "hibah", "id"),),
        indexes=("hibah_id",),
        writes="INSERT, DELETE",
    ),
    TenantTable(
        "hibah_words",
        ('variant text COLLATE "C" NOT NULL', "word text NOT NULL"),
        uniques=("variant, word",),
        writes="INSERT, DELETE",
    ),
)


def upgrade() -> None:
    for table in TABLES:
        create_tenant_table(table)
