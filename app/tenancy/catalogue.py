"""The lint of the catalogue: every rule of tenancy as one row, asked of PostgreSQL itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

#: Tables of the schema `tenancy` that hold no region's rows; read-only to the runtime roles, or unreadable.
#: `national_matches` and `match_consents` are of all regions and readable by none: only their functions look into them.
REFERENCE_TABLES = (
    "regions", "sites", "districts", "audit_roots", "keys", "alembic_version", "national_matches", "match_consents",
)  # fmt: skip
DEFINER_FUNCTIONS = (
    "region_id", "publish_site", "set_site_state", "set_site_look", "publish_audit_root", "put_national", "met_elsewhere",
    "agree_to_disclose", "disclosed_matches",
)  # fmt: skip
RUNTIME = "('smartcity_app', 'smartcity_worker', 'smartcity_reader', 'smartcity_export')"
COLUMNS = """
    pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0
"""
OWN = "(region_id = tenancy.region_id())"
TENANT_TABLES = """
    pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
"""


@dataclass(frozen=True)
class Rule:
    """`sql` returns one text column: what breaks the rule. No row is good."""

    name: str
    sql: str


RULES = (
    Rule("tabel daerah punya region_id yang wajib isi", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT EXISTS (
            SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'region_id' AND a.attnotnull)"""),
    Rule("row-level security menyala dan dipaksakan", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"""),
    Rule("tepat satu kebijakan setiap tabel", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND
            (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) <> 1"""),
    Rule("kebijakan permisif untuk semua perintah", """
        SELECT p.polrelid::regclass::text FROM pg_policy p WHERE NOT p.polpermissive OR p.polcmd <> '*'"""),
    Rule("kebijakan tidak berlaku untuk PUBLIC", """
        SELECT p.polrelid::regclass::text FROM pg_policy p WHERE 0 = ANY (p.polroles)"""),
    Rule("kebijakan USING hanya membandingkan region_id", f"""
        SELECT p.polrelid::regclass::text FROM pg_policy p
        WHERE pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM '{OWN}'"""),
    Rule("kebijakan WITH CHECK hanya membandingkan region_id", f"""
        SELECT p.polrelid::regclass::text FROM pg_policy p
        WHERE pg_get_expr(p.polwithcheck, p.polrelid) IS DISTINCT FROM '{OWN}'"""),
    Rule("kunci utama (region_id, id)", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p'
            AND pg_get_constraintdef(k.oid) = 'PRIMARY KEY (region_id, id)')"""),
    Rule("setiap indeks unik diawali region_id", """
        SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND i.indisunique AND NOT EXISTS (
            SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]
            AND a.attname = 'region_id')"""),
    Rule("setiap kunci tamu antartabel daerah diawali region_id", """
        SELECT k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class f ON f.oid = k.confrelid
        JOIN pg_namespace fn ON fn.oid = f.relnamespace
        WHERE k.contype = 'f' AND n.nspname = 'public' AND fn.nspname = 'public'
        AND pg_get_constraintdef(k.oid) !~ 'FOREIGN KEY \\(region_id, .*REFERENCES [a-z_]+\\(region_id, '"""),
    Rule("setiap kolom *_id dijaga kunci tamu", f"""
        SELECT c.relname || '.' || a.attname FROM {COLUMNS}
        AND a.attname LIKE '%\\_id' AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))"""),
    Rule("region_id menunjuk daftar daerah", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'
            AND k.confrelid = 'tenancy.regions'::regclass)"""),
    Rule("tanpa pemicu", """
        SELECT t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND NOT t.tgisinternal"""),
    Rule("tanpa ENUM dan tanpa numeric", f"""
        SELECT c.relname || '.' || a.attname FROM {COLUMNS}
        AND (t.typtype = 'e' OR t.typname = 'numeric')"""),
    Rule("pemilik adalah smartcity_owner", f"""
        SELECT c.relname FROM {TENANT_TABLES} AND pg_get_userbyid(c.relowner) <> 'smartcity_owner'"""),
    Rule("peran kerja tidak istimewa", f"""
        SELECT rolname::text FROM pg_roles WHERE rolname IN {RUNTIME}
        AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"""),
    Rule("peran pemilik tidak menembus kebijakan dan tidak dapat masuk", """
        SELECT rolname::text FROM pg_roles WHERE rolname IN ('smartcity_owner', 'smartcity_ctx')
        AND (rolsuper OR rolbypassrls OR rolcanlogin)"""),
    Rule("peran kerja bukan anggota peran lain", f"""
        SELECT m.member::regrole::text FROM pg_auth_members m WHERE m.member::regrole::text IN {RUNTIME}"""),
    Rule("peran kerja tidak boleh TRUNCATE, REFERENCES, TRIGGER", f"""
        SELECT c.relname || ' ' || x.privilege_type FROM pg_class c, aclexplode(c.relacl) x
        WHERE x.grantee::regrole::text IN {RUNTIME} AND x.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')"""),
    Rule("tidak ada hak untuk PUBLIC", """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x
        WHERE n.nspname IN ('public', 'tenancy') AND x.grantee = 0"""),
    Rule("peran kerja tidak boleh membuat objek", f"""
        SELECT r.rolname || ' ' || n.nspname FROM pg_roles r, pg_namespace n WHERE r.rolname IN {RUNTIME}
        AND n.nspname IN ('public', 'tenancy') AND has_schema_privilege(r.oid, n.oid, 'CREATE')"""),
    Rule("peran kerja tidak boleh membuat tabel sementara", f"""
        SELECT r.rolname::text FROM pg_roles r WHERE r.rolname IN {RUNTIME}
        AND has_database_privilege(r.oid, current_database(), 'TEMPORARY')"""),
    Rule("tabel rujukan hanya dibaca", f"""
        SELECT c.relname || ' ' || x.privilege_type FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
        aclexplode(c.relacl) x WHERE n.nspname = 'tenancy' AND x.grantee::regrole::text IN {RUNTIME}
        AND (x.privilege_type <> 'SELECT' OR c.relname NOT IN ('regions', 'sites', 'districts', 'audit_roots'))"""),
    Rule("skema tenancy hanya memuat tabel rujukan yang dinyatakan", f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'tenancy' AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT IN {REFERENCE_TABLES}"""),
    Rule("fungsi definer hanya yang dinyatakan", f"""
        SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('public', 'tenancy') AND p.prosecdef AND p.proname NOT IN {DEFINER_FUNCTIONS}"""),
    Rule("search_path fungsi terpaku", """
        SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('public', 'tenancy') AND NOT coalesce(p.proconfig, '{}') @> '{search_path=pg_catalog}'"""),
    Rule("fungsi tidak untuk PUBLIC", """
        SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('public', 'tenancy') AND has_function_privilege('public', p.oid, 'EXECUTE')"""),
    Rule("fungsi konteks milik smartcity_ctx, STABLE, dan tidak dijalankan pekerja paralel", """
        SELECT p.proname::text FROM pg_proc p WHERE p.oid = 'tenancy.region_id()'::regprocedure
        AND (pg_get_userbyid(p.proowner) <> 'smartcity_ctx' OR p.provolatile <> 's' OR NOT p.prosecdef
             OR p.proparallel <> 'r')"""),
    Rule("tampilan memakai security_invoker; tanpa tampilan tersimpan", """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
        AND (c.relkind = 'm' OR (c.relkind = 'v' AND NOT coalesce(c.reloptions, '{}') @> '{security_invoker=true}'))"""),
    Rule("teks kueri tidak terbaca sesi lain", f"""
        SELECT r.rolname::text FROM pg_roles r WHERE r.rolname IN {RUNTIME}
        AND NOT coalesce(r.rolconfig, '{{}}') @> '{{track_activities=off}}'"""),
    Rule("uang tidak dihapus", f"""
        SELECT c.relname || ' ' || x.grantee::regrole::text FROM pg_class c, aclexplode(c.relacl) x
        WHERE c.relname IN
        ('hibah', 'hibah_rab', 'hibah_steps', 'organisasi', 'pencairan', 'lpj', 'region_keys', 'import_runs', 'integrity_findings',
        'integrity_subjects', 'integrity_clarifications', 'integrity_settings', 'integrity_pauses', 'integrity_scans') AND x.privilege_type = 'DELETE'
        AND x.grantee::regrole::text IN {RUNTIME}"""),
    # Grants to anybody but the owner, who cannot sign in and whom the forced policies show no row.
    Rule("log audit hanya ditambah", """
        SELECT c.relname || ' ' || x.privilege_type FROM pg_class c, aclexplode(c.relacl) x
        WHERE c.relname = 'audit_log' AND x.grantee <> c.relowner AND x.privilege_type NOT IN ('SELECT', 'INSERT')"""),
    Rule("kolom log audit tidak diubah", """
        SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
        WHERE c.relname = 'audit_log' AND x.privilege_type <> 'SELECT'"""),
    Rule("kepala rantai audit tidak dihapus", """
        SELECT c.relname || ' ' || x.privilege_type FROM pg_class c, aclexplode(c.relacl) x WHERE c.relname = 'audit_heads'
        AND x.grantee <> c.relowner AND x.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE')"""),
    Rule("peran baca tidak membaca baris daerah", """
        SELECT c.relname FROM pg_class c, aclexplode(c.relacl) x WHERE x.grantee::regrole::text = 'smartcity_reader'
        AND c.relnamespace = 'public'::regnamespace"""),
    Rule("peran ekspor hanya membaca", """
        SELECT c.relname || ' ' || x.privilege_type FROM pg_class c, aclexplode(c.relacl) x
        WHERE x.grantee::regrole::text = 'smartcity_export' AND x.privilege_type <> 'SELECT'"""),
)  # fmt: skip


def problems(connection: Connection) -> list[str]:
    """`rule: offender` for every broken rule. Empty is good."""
    return [f"{rule.name}: {offender}" for rule in RULES for offender in connection.scalars(text(rule.sql))]
