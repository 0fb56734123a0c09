"""Row security on PostgreSQL: a connection sees the rows of the schools that the preamble names, and no others.

SQLite has none: it serves one school on one machine, and its second fence is `query_only` (design 6). Errors are those
of the database: an UPDATE finds no row, an INSERT fails with 42501.
"""

from collections.abc import Iterable

from alembic import op

# Every other table is fenced; a test holds this list against the database.
OUTSIDE = {
    "accounts": "the preamble reads them before it knows the caller's schools; no pupil is named in them",
    "alembic_version": "the number of the newest migration, which the API may only read",
    "client_secrets": "digests of programs' secrets, asked before a program is signed in",
    "clients": "the preamble reads them to learn whether a program may come in; nothing about a child",
    "codes": "the DfE's code sets, the same for everybody",
    "erasing": "triggers ask it for every booking; empty but for the moment in which the system erases somebody",
    "guests": "the preamble reads them to learn what an invitation opens; no name, the code by digest only",
    "held_roles": "the preamble reads them to learn the caller's schools",
    "identities": "asked before anybody is signed in; a person by the provider's own number, never by name",
    "identity_providers": "a trust's sign-in at Google or Microsoft, asked before anybody is signed in",
    "instruments": "definitions that all schools of a trust share; nothing about a child",
    "jobs": "work of the system itself, which names rows by id only",
    "kept_keys": "digests of requests, kept per account and found by nobody else",
    "known_addresses": "asked while nobody is signed in yet; an address and an account id",
    "places": "the preamble reads them to learn the caller's schools; names of schools and bases",
    "retention_rules": "a trust's periods of keeping; nothing about a child",
    "schools": "the register of schools is public (Get Information about Schools)",
    "sign_ins": "the preamble reads them to learn whether the caller is signed in",
    "throttles": "counters of failed sign-ins, kept by digest",
    "trusts": "the register of trusts is public (Get Information about Schools)",
}


def _pupils(*more: str) -> str:
    """Write iap_pupils: registered in a school of the set, on the caller's caseload, and `more` ways.

    Registrations and caseloads are fenced themselves: the function opens the fence for its own reading, or would call
    itself. It does so by hand, for only a superuser may write such a setting into a function's head. The days are
    those of pupils/scope: an enrolment opens the record before its first day.
    """
    return f"""
CREATE FUNCTION iap_pupils() RETURNS SETOF uuid LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 400
SET search_path = public, pg_temp AS
$$
DECLARE
  before text := coalesce(current_setting('iap.fence', true), '');
  today date := nullif(current_setting('iap.today', true), '')::date;
BEGIN
  PERFORM set_config('iap.fence', 'system', true);
  RETURN QUERY
    SELECT r.pupil_id FROM registrations r
     WHERE r.school_id = ANY (iap_schools()) AND (r.from_on <= today OR r.kind = 'enrolled')
       AND (r.until_on IS NULL OR r.until_on >= today)
     UNION
    SELECT c.pupil_id FROM caseloads c
     WHERE c.account_id = nullif(current_setting('iap.account_id', true), '')::uuid
       AND c.from_on <= today AND (c.until_on IS NULL OR c.until_on >= today) {"".join(more)};
  PERFORM set_config('iap.fence', before, true);
END
$$
"""


# a base that has a child today reads the record, whatever became of the registration
_PLACED = """
     UNION
    SELECT p.pupil_id FROM placements p
     WHERE p.school_id = ANY (iap_schools())
       AND p.from_on <= today AND (p.until_on IS NULL OR p.until_on >= today)"""

# `iap.*` are settings of one transaction: the preamble's SET LOCAL is gone with it, and a setting that was local once
# reads '' and not NULL afterwards, hence nullif (otherwise the cast to uuid raises instead of denying).
_FUNCTIONS = [
    """
CREATE FUNCTION iap_open() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT current_setting('iap.fence', true) = 'system' $$
""",
    """
CREATE FUNCTION iap_schools() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT string_to_array(nullif(current_setting('iap.school_ids', true), ''), ',')::uuid[] $$
""",
    _pupils(),
]
_OPEN = "(SELECT iap_open())"
_SCHOOL = "{school} = ANY ((SELECT iap_schools())::uuid[])"
# the two arms that look at pupils are only reached for a row of another school, so they cost an ordinary list nothing
_PUPIL = "{pupil} IN (SELECT iap_pupils())"


def own_school(column: str = "school_id") -> str:
    """Rows of a school in the caller's set."""
    return f"{_OPEN} OR {_SCHOOL.format(school=column)}"


def about_pupil(column: str = "pupil_id") -> str:
    """Rows of a school in the set, or about a pupil whose current registration, or the caller's caseload, opens them."""
    return f"{own_school()} OR {_PUPIL.format(pupil=column)}"


def about_pupils(column: str) -> str:
    """As `about_pupil`, for a list of pupils of whom one is enough."""
    return f"{own_school()} OR {column} && ARRAY(SELECT iap_pupils())"


def part_of(parent: str, column: str, parents_own: str = "id") -> str:
    """Rows of a school in the set, or belonging to a row of `parent` that is within the fence itself."""
    return f"{own_school()} OR EXISTS (SELECT FROM {parent} p WHERE p.{parents_own} = {column})"


def own_account() -> str:
    """Rows as `about_pupil`, of the caller's own account alone."""
    account = "account_id = nullif(current_setting('iap.account_id', true), '')::uuid"
    return f"{_OPEN} OR ({account} AND ({about_pupil()}))"


def put_up_functions() -> None:
    """Make what the policies ask: whether the fence is open, which schools, which pupils."""
    for statement in _FUNCTIONS:
        op.execute(statement.replace(":", r"\:"))


def let_placements_open(open_them: bool) -> None:
    """Let a placement of today open the record of a child too, or no longer (PostgreSQL alone)."""
    if op.get_bind().dialect.name == "postgresql":
        made = _pupils(_PLACED) if open_them else _pupils()
        op.execute(made.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(":", r"\:"))


def take_down_functions() -> None:
    """Undo `put_up_functions`."""
    op.execute("DROP FUNCTION iap_pupils(), iap_schools(), iap_open()")


def fence(table: str, visible: str, *, grows: bool = False) -> None:
    """Force row security on a table; `grows`: anybody may add a row, as to a record of what happened."""
    if op.get_bind().dialect.name != "postgresql":
        return
    visible = visible.replace(":", r"\:")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    if grows:
        op.execute(f"CREATE POLICY {table}_grow ON {table} FOR INSERT WITH CHECK (true)")
        for command in ("SELECT", "UPDATE", "DELETE"):
            op.execute(f"CREATE POLICY {table}_{command.lower()} ON {table} FOR {command} USING ({visible})")
    else:
        op.execute(f"CREATE POLICY {table}_fence ON {table} USING ({visible})")


def unfence(tables: Iterable[str]) -> None:
    """Take row security off tables again."""
    for table in tables:
        for name in ("fence", "grow", "select", "update", "delete"):
            op.execute(f"DROP POLICY IF EXISTS {table}_{name} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
