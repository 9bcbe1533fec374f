"""Proofs of docs/lifecycle/postgresql.md."""

import contextlib
import datetime as dt
import os
import secrets
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import psycopg
import pytest
from botocore.stub import Stubber
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from guidance.engines import PostgresServer, ReplayServer, environment
from guidance.engines.postgres import system_binaries
from guidance.evidence import assert_output, load_example, run_shell, twins
from guidance.paths import EXAMPLES
from river_levels import database
from river_levels.config import load_settings
from river_levels.errors import BusyError, DatabaseError
from river_levels.pipeline import opened
from river_levels.windows import Window

HERE = "lifecycle/postgresql"
ROLES = ("owner", "rw", "transform", "ro")
LOGINS = ("rw", "transform", "reader", "deployer")
HOST = "db.example.invalid"


def sql_of(name: str) -> str:
    """Return the text of a SQL example."""
    return (EXAMPLES / HERE / name).read_text("utf-8")


# --- a service on a server of our own -----------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of this file alone: its roles have fixed names."""
    with PostgresServer(settings={"max_connections": "20"}) as server:
        yield server


class Service:
    """The database of a service, empty, and those who may use it.

    As on RDS, the master user is no superuser: it may create roles, and owns the
    database. ``rds_iam`` stands in for the role of that name that RDS has.
    """

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.password = secrets.token_hex(8)
        self.admin_url = server.database_url("river_levels")
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("DROP DATABASE IF EXISTS river_levels WITH (FORCE)")
            admin.execute("DROP DATABASE IF EXISTS rehearsal WITH (FORCE)")
            names = [f"river_levels_{name}" for name in {*ROLES, *LOGINS}]
            for name in (*names, "master", "rds_iam"):
                admin.execute(f"DROP ROLE IF EXISTS {name}")
            admin.execute("CREATE ROLE rds_iam NOLOGIN")
            admin.execute(
                f"CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD '{self.password}'"
            )
            admin.execute("GRANT rds_iam TO master WITH ADMIN OPTION")
            admin.execute("CREATE DATABASE river_levels OWNER master")

    def url(self, user: str) -> str:
        """Return the connection URL of a login."""
        at = f"127.0.0.1:{self.server.port}/river_levels"
        return f"postgresql://{user}:{self.password}@{at}"

    def connect(self, user: str) -> psycopg.Connection[Any]:
        """Connect as a login; each statement commits at once."""
        return psycopg.connect(self.url(user), autocommit=True, connect_timeout=10)

    def admin(self) -> psycopg.Connection[Any]:
        """Connect as superuser, which nobody is on RDS."""
        return psycopg.connect(self.admin_url, autocommit=True, connect_timeout=10)

    def set_up(self, privileges: str = "default_privileges.sql") -> None:
        """Run roles.sql and what grants privileges, as the master user."""
        with self.connect("master") as master:
            master.execute(sql_of("roles.sql"))
            master.execute(sql_of(privileges))
            master.execute(sql_of("iam_login.sql"))
        with self.admin() as admin:
            for name, group in (("reader", "ro"), ("deployer", "owner")):
                admin.execute(f"CREATE ROLE river_levels_{name} LOGIN")
                admin.execute(f"GRANT river_levels_{group} TO river_levels_{name}")
            for name in LOGINS:
                login = f"river_levels_{name}"
                admin.execute(f"ALTER ROLE {login} PASSWORD '{self.password}'")
            admin.execute("ALTER ROLE river_levels_deployer SET role = river_levels_owner")

    def migrate(self, name: str) -> None:
        """Make the tables anew as a migration would: as a member of the owner."""
        with self.connect("river_levels_deployer") as deployer:
            deployer.execute("DROP SCHEMA IF EXISTS raw CASCADE")
            deployer.execute(sql_of(name))
            if "raw.wards" in sql_of(name):
                deployer.execute("INSERT INTO raw.wards VALUES ('E05013929', 'Berrylands')")

    def outcome(self, user: str, statement: str) -> str:
        """Return ``done``, or the error that a login gets."""
        try:
            with self.connect(user) as connection:
                connection.execute(statement)
        except psycopg.Error as error:
            return str(error).splitlines()[0]
        return "done"


@pytest.fixture
def service(server: PostgresServer) -> Service:
    """A new, empty database on a server like RDS; no roles yet."""
    return Service(server)


def sqlalchemy_url(url: str) -> str:
    """Name the driver, as the pipeline does."""
    return url.replace("postgresql:", "postgresql+psycopg:", 1)


@contextlib.contextmanager
def pool(connect: Callable[[str, str], Engine], url: str, name: str) -> Iterator[Engine]:
    """Yield a pool, and close it."""
    engine = connect(sqlalchemy_url(url), name)
    try:
        yield engine
    finally:
        engine.dispose()


# --- PG-1, PG-8, PG-9: the instance -------------------------------------------------

GOOD_INSTANCE = {
    "DBInstanceIdentifier": "river-levels-production",
    "PubliclyAccessible": False,
    "BackupRetentionPeriod": 35,
    "AutoMinorVersionUpgrade": True,
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
}


def rds_client() -> Any:
    """Return a client that will not talk to AWS: its keys are none."""
    return boto3.client(
        "rds",
        region_name="eu-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def audited(**differences: Any) -> list[str]:
    """Audit one instance as RDS would describe it; botocore checks the shape."""
    client = rds_client()
    with Stubber(client) as stub:
        answer = {"DBInstances": [GOOD_INSTANCE | differences]}
        stub.add_response("describe_db_instances", answer)
        found = load_example(f"{HERE}/audit.py").audit(client, kept_days=35)
    return list(found["river-levels-production"])


@pytest.mark.rule("PG-1")
def test_an_instance_on_the_internet_is_found() -> None:
    assert audited() == []
    assert audited(PubliclyAccessible=True) == ["PG-1: publicly accessible"]


@pytest.mark.rule("PG-8", "PG-9")
def test_short_backups_and_charged_versions_are_found() -> None:
    assert audited(BackupRetentionPeriod=1) == ["PG-8: keeps backups for 1 days, not 35"]
    assert audited(AutoMinorVersionUpgrade=False) == [
        "PG-9: minor versions are not upgraded automatically"
    ]
    for support in ("open-source-rds-extended-support", ""):
        assert audited(EngineLifecycleSupport=support) == [
            "PG-9: would be charged for Extended Support"
        ]


# --- PG-2: TLS ----------------------------------------------------------------------


class Authority:
    """A certificate authority that lives as long as a test."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name, self._folder = name, folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        self._certificate = self._sign(name, self._key.public_key(), None)
        self._write(self.file, self._certificate)

    def issue(self, host: str) -> tuple[Path, Path]:
        """Write a certificate for a host and its key; return both."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, secret = (self._folder / f"{host}.{end}" for end in ("crt", "key"))
        self._write(certificate, self._sign(host, key.public_key(), host))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, secret

    def _sign(self, name: str, key: Any, host: str | None) -> x509.Certificate:
        def named(common_name: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])

        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder(named(self._name), named(name), key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), True)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    @staticmethod
    def _write(path: Path, certificate: x509.Certificate) -> None:
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signed our server: on RDS, Amazon's."""
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="module")
def tls_server(authority: Authority) -> Iterator[PostgresServer]:
    """A server with TLS and a certificate for ``db.example.invalid``.

    It asks for no password, since none of these tests is about who we are.
    """
    if not (installed := system_binaries()):
        pytest.skip("needs a PostgreSQL with TLS: install one (apt install postgresql)")
    anybody = ["host all all 127.0.0.1/32 trust"]
    with PostgresServer(installed[0], hba=anybody) as server:
        owner = server.data.stat()
        issued = zip(authority.issue(HOST), ("server.crt", "server.key"), strict=True)
        for source, name in issued:
            target = Path(shutil.copy(source, server.data / name))
            target.chmod(0o600)
            if hasattr(os, "chown"):
                os.chown(target, owner.st_uid, owner.st_gid)
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET ssl = on")
            admin.execute("SELECT pg_reload_conf()")
        eventually(lambda: encryption(server, "require") == "encrypted")
        yield server


def eventually(holds: Callable[[], Any], timeout_s: float = 15.0) -> Any:
    """Wait until something holds, and return it."""
    deadline = time.monotonic() + timeout_s
    while not (result := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return result


def encryption(
    server: PostgresServer, mode: str, host: str = HOST, ca: Path | None = None
) -> str:
    """Return how a connection in an sslmode ends: encrypted, in clear, refused."""
    parameters: dict[str, Any] = {
        "host": host,
        "hostaddr": "127.0.0.1",
        "port": server.port,
        "user": "postgres",
        "password": server.password,
        "dbname": "postgres",
        # A file that is not there: as on a machine where nobody put the bundle.
        "sslrootcert": str(ca or server.folder / "no-such-file.pem"),
        "connect_timeout": 10,
    }
    try:
        with psycopg.connect("", sslmode=mode, **parameters) as connection:
            return "encrypted" if connection.pgconn.ssl_in_use else "in clear"
    except psycopg.OperationalError:
        return "refused"


@pytest.mark.rule("PG-2")
def test_only_verify_full_knows_the_server(
    tls_server: PostgresServer,
    server: PostgresServer,
    authority: Authority,
    tmp_path: Path,
) -> None:
    stranger = Authority(tmp_path, "stranger")
    shown = f"{'':17}{'ours':12}{'other host':12}{'other CA':12}no TLS\n"
    outcomes: dict[str, list[str]] = {}
    for mode, ca in (
        ("prefer", None),
        ("prefer", authority),
        ("require", None),
        ("require", authority),
        ("verify-full", authority),
    ):
        ours, other = (ca.file, stranger.file) if ca else (None, None)
        name = mode if ca is None or mode == "verify-full" else f"{mode}, CA file"
        outcomes[name] = [
            encryption(tls_server, mode, ca=ours),
            encryption(tls_server, mode, "other.example.invalid", ours),
            encryption(tls_server, mode, ca=other),
            encryption(server, mode, ca=ours),
        ]
        cells = "".join(f"{outcome:12}" for outcome in outcomes[name])
        shown += f"{name:17}{cells}".rstrip() + "\n"

    assert outcomes["verify-full"] == ["encrypted", "refused", "refused", "refused"]
    assert outcomes["require"] == ["encrypted", "encrypted", "encrypted", "refused"]
    assert outcomes["require, CA file"][1:3] == ["encrypted", "refused"]
    assert_output(f"examples/{HERE}/tls_matrix.out", shown)
    # The function of the page, against a server that is the right one.
    connect = load_example(f"{HERE}/verified.py").connect
    at = f"host={HOST} hostaddr=127.0.0.1 port={tls_server.port} user=postgres"
    conninfo = f"{at} password={tls_server.password} sslrootcert={authority.file}"
    with connect(conninfo) as connection:
        assert connection.pgconn.ssl_in_use


@pytest.mark.skipif(sys.platform == "win32", reason="looks for the file under HOME")
def test_a_forgotten_file_makes_require_stricter(
    tls_server: PostgresServer, authority: Authority, tmp_path: Path
) -> None:
    forgotten = tmp_path / ".postgresql/root.crt"
    forgotten.parent.mkdir()
    shutil.copy(Authority(tmp_path, "stranger").file, forgotten)
    at = f"host={HOST} hostaddr=127.0.0.1 port={tls_server.port} user=postgres"

    with environment(HOME=str(tmp_path), PGSSLROOTCERT=None, PGSSLMODE=None):
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            psycopg.connect(f"{at} sslmode=require", connect_timeout=10)
        forgotten.unlink()
        with psycopg.connect(f"{at} sslmode=require", connect_timeout=10) as connection:
            assert connection.pgconn.ssl_in_use
        defaults = psycopg.pq.Conninfo.get_defaults()
        assert [o.val for o in defaults if o.keyword == b"sslmode"] == [b"prefer"]


class Impostor(socketserver.ThreadingTCPServer):
    """Speaks just enough of PostgreSQL's protocol to ask for a password.

    Its certificate is good, and signed by the authority that we trust; but it is for
    the host of somebody else. Anybody can have an RDS instance.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(("127.0.0.1", 0), Stranger)
        self.passwords: list[str] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)


class Stranger(socketserver.BaseRequestHandler):
    """One conversation of the impostor."""

    server: Impostor

    def handle(self) -> None:
        self.request.settimeout(5)
        with contextlib.suppress(OSError, struct.error):  # they hung up
            self._talk()

    def _talk(self) -> None:
        self.request.recv(8)  # may we speak TLS?
        self.request.sendall(b"S")
        with self.server.context.wrap_socket(self.request, server_side=True) as client:
            (length,) = struct.unpack("!i", client.recv(4))
            client.recv(length - 4)  # who they are, and what they want
            client.sendall(b"R" + struct.pack("!ii", 8, 3))  # in clear text, please
            kind = client.recv(1)
            (length,) = struct.unpack("!i", client.recv(4))
            said = client.recv(length - 4).rstrip(b"\0").decode()
            if kind == b"p":
                self.server.passwords.append(said)


@pytest.fixture
def impostor(authority: Authority) -> Iterator[Impostor]:
    """A stranger's server, where our own should be."""
    with Impostor(*authority.issue("stranger.example.invalid")) as impostor:
        threading.Thread(target=impostor.serve_forever, args=(0.05,)).start()
        yield impostor
        impostor.shutdown()


@pytest.mark.rule("PG-2")
def test_an_impostor_never_hears_the_password(
    impostor: Impostor, authority: Authority
) -> None:
    conninfo = (
        f"host={HOST} hostaddr=127.0.0.1 port={impostor.server_address[1]}"
        f" user=river_levels_rw password=a-planted-secret gssencmode=disable"
        f" sslrootcert={authority.file}"
    )

    def keeps_it(module: Any) -> None:
        with pytest.raises(psycopg.OperationalError):
            module.connect(conninfo)
        assert impostor.passwords == []

    good = load_example(f"{HERE}/verified.py")
    bad = load_example(f"{HERE}/wrong/require_trusts_anyone.py")
    twins(keeps_it, good=good, bad=bad, harm=r"\['a-planted-secret'\] == \[\]")


@pytest.mark.rule("PG-2")
def test_a_person_logs_in_by_token_and_sees_the_encryption(
    tls_server: PostgresServer, authority: Authority, tmp_path: Path
) -> None:
    shutil.copy(authority.file, tmp_path / "global-bundle.pem")

    shown = run_shell(
        f"examples/{HERE}/look.sh",
        cwd=tmp_path,
        env={
            "PATH": f"{tls_server.binaries}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PGHOST": HOST,
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(tls_server.port),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-2",
        },
    )

    assert "TLSv1.3" in shown.stdout
    lines = [line.rstrip() for line in shown.stdout.splitlines()]
    assert_output(f"examples/{HERE}/look.out", "\n".join(lines))


# --- PG-3: tokens -------------------------------------------------------------------


class Rds:
    """Signs tokens, and lets the newest one alone open the door.

    RDS checks a signature and its age; here the password changes instead.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def generate_db_auth_token(self, *, DBHostname: str, Port: int, DBUsername: str) -> str:
        token = secrets.token_hex(8)
        self._set_password(DBUsername, token)
        return token

    def expire(self, user: str) -> None:
        """Let fifteen minutes pass."""
        self._set_password(user, secrets.token_hex(8))

    def _set_password(self, user: str, password: str) -> None:
        with self._service.admin() as admin:
            admin.execute(f"ALTER ROLE {user} PASSWORD '{password}'")


@pytest.mark.rule("PG-3")
def test_a_pool_still_connects_after_fifteen_minutes(service: Service) -> None:
    service.set_up()
    rds, user = Rds(service), "river_levels_rw"
    url = f"postgresql://{user}@127.0.0.1:{service.server.port}/river_levels"

    def connects_later(module: Any) -> None:
        with pool(database.connect, url, "a long run") as engine:
            module.use_tokens(engine, rds)
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT current_user")) == user
            rds.expire(user)
            engine.dispose()  # as pool_recycle or a failover would
            try:
                with engine.connect() as connection:
                    answer = connection.scalar(text("SELECT current_user"))
            except OperationalError as error:
                answer = str(error.orig)
            assert answer == user

    good = load_example(f"{HERE}/iam.py")
    bad = load_example(f"{HERE}/wrong/one_token_for_all.py")
    twins(connects_later, good=good, bad=bad, harm="password authentication failed")
    with service.admin() as admin:
        row = admin.execute(f"SELECT pg_has_role('{user}', 'rds_iam', 'MEMBER')")
        assert row.fetchone() == (True,)


@pytest.mark.rule("PG-3")
def test_a_token_names_host_and_user_and_its_fifteen_minutes() -> None:
    client = rds_client()
    url = f"postgresql://river_levels_rw@{HOST}:5433/river_levels"
    seen: dict[str, Any] = {}
    with pool(database.connect, url, "offline") as engine:
        load_example(f"{HERE}/iam.py").use_tokens(engine, client)

        @event.listens_for(engine, "do_connect")
        def look(dialect: Any, record: Any, arguments: Any, parameters: Any) -> None:
            seen.update(parameters)
            raise ConnectionAbortedError  # there is no such host

        with pytest.raises(ConnectionAbortedError):
            engine.connect()

    token = urlsplit(f"//{seen['password']}")
    said = {name: values[0] for name, values in parse_qs(token.query).items()}
    assert token.netloc == f"{HOST}:5433"
    assert said["Action"] == "connect"
    assert said["DBUser"] == "river_levels_rw"
    assert said["X-Amz-Expires"] == "900"


# --- PG-4, PG-5: roles and schemas --------------------------------------------------


@pytest.mark.rule("PG-4")
@pytest.mark.parametrize("wrong", ["privileges_of_whoever_ran_it", "grant_for_today"])
def test_readers_reach_tables_that_are_made_later(server: PostgresServer, wrong: str) -> None:
    def later_tables_are_readable(privileges: str) -> None:
        fresh = Service(server)
        fresh.set_up(privileges)
        made = "CREATE TABLE serving.made_later AS SELECT 1 AS n"
        assert fresh.outcome("river_levels_transform", made) == "done"
        read = "SELECT n FROM serving.made_later"
        assert fresh.outcome("river_levels_reader", read) == "done"

    twins(
        later_tables_are_readable,
        good="default_privileges.sql",
        bad=f"wrong/{wrong}.sql",
        harm="permission denied for table made_later",
    )


@pytest.mark.rule("PG-4", "PG-5")
def test_each_role_may_do_its_work_and_no_more(service: Service) -> None:
    service.set_up()
    service.migrate("tables.sql")
    made = "CREATE TABLE serving.wards AS SELECT * FROM raw.wards"
    assert service.outcome("river_levels_transform", made) == "done"

    for user, statement, outcome in (
        ("rw", "INSERT INTO raw.wards VALUES ('E05013930', 'Canbury')", "done"),
        ("rw", "CREATE TABLE raw.mine (n integer)", "permission denied for schema raw"),
        ("rw", "DROP TABLE raw.flood_reports", "must be owner of table flood_reports"),
        ("rw", "SELECT * FROM serving.wards", "permission denied for schema serving"),
        ("transform", "SELECT * FROM raw.wards", "done"),
        ("transform", "DELETE FROM raw.wards", "permission denied for table wards"),
        ("reader", "SELECT * FROM serving.wards", "done"),
        ("reader", "INSERT INTO serving.wards VALUES ('', '')", "permission denied"),
        ("reader", "SELECT * FROM raw.wards", "permission denied for schema raw"),
        ("reader", "CREATE TABLE public.mine (n integer)", "permission denied"),
        ("reader", "CREATE TEMPORARY TABLE mine (n integer)", "permission denied"),
    ):
        assert outcome in service.outcome(f"river_levels_{user}", statement), statement


@pytest.mark.rule("PG-4")
def test_public_is_closed_in_databases_that_are_older_than_version_15(
    service: Service,
) -> None:
    with service.admin() as admin:
        admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")  # as they have it
        admin.execute("CREATE ROLE river_levels_reader LOGIN PASSWORD NULL")
        admin.execute(f"ALTER ROLE river_levels_reader PASSWORD '{service.password}'")
    create = "CREATE TABLE public.mine (n integer)"
    assert service.outcome("river_levels_reader", create) == "done"

    with service.connect("master") as master:
        master.execute(sql_of("roles.sql"))
        master.execute("GRANT river_levels_ro TO river_levels_reader")

    create = "CREATE TABLE public.mine_too (n integer)"
    refused = service.outcome("river_levels_reader", create)
    assert "permission denied for schema public" in refused
    with service.admin() as admin:
        row = admin.execute("SELECT has_schema_privilege('public', 'public', 'CREATE')")
        assert row.fetchone() == (False,)


def test_a_revoke_by_somebody_else_only_warns(service: Service) -> None:
    with service.admin() as admin:
        admin.execute("ALTER SCHEMA public OWNER TO postgres")
        admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    warnings: list[str | None] = []

    with service.connect("master") as master:
        master.add_notice_handler(lambda said: warnings.append(said.message_primary))
        master.execute(sql_of("roles.sql"))
        row = master.execute("SELECT has_schema_privilege('public', 'public', 'CREATE')")

        assert row.fetchone() == (True,)
    assert any("no privileges could be revoked" in (said or "") for said in warnings)


def test_a_setting_of_a_group_does_not_reach_its_members(service: Service) -> None:
    service.set_up()
    with service.admin() as admin:
        admin.execute("ALTER ROLE river_levels_ro SET statement_timeout = '5min'")

    with service.connect("river_levels_reader") as reader:
        assert reader.execute("SHOW statement_timeout").fetchone() == ("0",)
    with service.connect("river_levels_transform") as dbt:
        assert dbt.execute("SHOW statement_timeout").fetchone() == ("1h",)


@pytest.mark.rule("PG-4", "PG-5")
def test_the_pipeline_migrates_as_owner_and_loads_as_loader(
    service: Service, bucket: str, flood_api: ReplayServer
) -> None:
    service.set_up()
    deployer = service.url("river_levels_deployer")
    with pool(database.connect, deployer, "deployment") as engine:
        database.migrate(engine)
    end = flood_api.now.replace(minute=0, second=0, microsecond=0)
    window = Window(end - dt.timedelta(hours=6), end)

    with environment(
        DATABASE_URL=service.url("river_levels_rw"),
        RIVER_LEVELS_API_URL=flood_api.url,
        RIVER_LEVELS_BUCKET=bucket,
        RIVER_LEVELS_REQUESTS_PER_SECOND="1000",
    ):
        with opened(load_settings()) as pipeline:
            counts, _ = pipeline.ingest(window, "test")

    with service.connect("river_levels_transform") as dbt:
        kept = dbt.execute("SELECT count(*) FROM raw.readings").fetchone()
        assert kept == (counts.inserted,)
        owner = dbt.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'readings'"
        ).fetchone()
        assert owner == ("river_levels_owner",)
    assert counts.inserted > 0


# --- PG-6: guards -------------------------------------------------------------------


@pytest.mark.rule("PG-6")
def test_every_session_is_guarded_and_named(database_url: str) -> None:
    bare = load_example(f"{HERE}/wrong/bare_engine.py")

    def is_guarded(module: Any) -> None:
        with pool(module.connect, database_url, "river-levels 2026-10-25") as engine:
            with engine.connect() as connection:
                found = {
                    name: connection.scalar(text(f"SHOW {name}"))
                    for name in (*database.GUARDS, "application_name")
                }
        assert found == {
            "TimeZone": "UTC",
            "statement_timeout": "15min",
            "lock_timeout": "30s",
            "idle_in_transaction_session_timeout": "5min",
            "application_name": "river-levels 2026-10-25",
        }

    twins(is_guarded, good=database, bad=bare, harm="'statement_timeout': '0'")
    if sys.platform == "linux":
        with pool(database.connect, database_url, "kept alive") as engine:
            with engine.connect() as connection:
                driver = database.psycopg_of(connection)
                with socket.socket(fileno=os.dup(driver.fileno())) as wire:
                    idle_s = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        assert idle_s == 60


@pytest.mark.rule("PG-6")
def test_a_forgotten_transaction_gives_its_lock_back(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = "idle_in_transaction_session_timeout"
    monkeypatch.setitem(database.GUARDS, guard, "500ms")  # instead of 5 minutes
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE readings (n integer)")
    lock = "LOCK TABLE readings"

    def lets_others_in(module: Any) -> None:
        with pool(module.connect, database_url, "forgotten") as engine:
            forgotten = engine.connect()
            forgotten.execute(text(lock))
            answer = "let in"
            try:
                with psycopg.connect(database_url) as other:
                    other.execute("SET lock_timeout = '2s'")
                    other.execute(lock)
            except psycopg.errors.LockNotAvailable as error:
                answer = str(error)
            finally:
                forgotten.invalidate()
                forgotten.close()
            assert answer == "let in"

    bare = load_example(f"{HERE}/wrong/bare_engine.py")
    harm = "canceling statement due to lock timeout"
    twins(lets_others_in, good=database, bad=bare, harm=harm)


@pytest.mark.rule("PG-6")
def test_no_statement_runs_and_no_lock_is_waited_for_without_end(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database.GUARDS, "statement_timeout", "1s")
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE readings (n integer)")

    with pool(database.connect, database_url, "slow") as engine:
        with database.session_of(engine) as session:
            with pytest.raises(DBAPIError) as stopped:
                session.execute(text("SELECT pg_sleep(30)"))
    assert isinstance(stopped.value.orig, psycopg.errors.QueryCanceled)
    assert "due to statement timeout" in str(stopped.value.orig)

    monkeypatch.setitem(database.GUARDS, "statement_timeout", "15min")
    monkeypatch.setitem(database.GUARDS, "lock_timeout", "100ms")
    with psycopg.connect(database_url) as holder:
        holder.execute("LOCK TABLE readings")
        with pool(database.connect, database_url, "waits") as engine:
            with pytest.raises(BusyError, match="due to lock timeout"):
                with database.session_of(engine) as session:
                    session.execute(text("SELECT * FROM readings"))


def test_the_query_names_who_blocks_whom(service: Service) -> None:
    service.set_up()
    query = sql_of("who_blocks.sql")
    with service.admin() as admin:
        admin.execute("CREATE TABLE public.readings (n integer)")

    def wait(engine: Engine) -> None:
        with engine.connect() as waiting:
            waiting.execute(text("SELECT * FROM public.readings"))

    with (
        pool(database.connect, service.admin_url, "nightly load") as holds,
        pool(database.connect, service.admin_url, "dashboard") as waits,
        ThreadPoolExecutor(1) as threads,
        service.admin() as admin,
        service.connect("river_levels_reader") as reader,
    ):
        with holds.begin() as holder:
            holder.execute(text("LOCK TABLE public.readings"))
            done = threads.submit(wait, waits)
            row = eventually(lambda: admin.execute(query).fetchone())
            seen_by_reader = reader.execute(query).fetchone()
        done.result(timeout=20)

    assert row[1:3] == ("dashboard", "nightly load")
    assert row[4] == "idle in transaction"
    assert seen_by_reader == (*row[:4], None, None)


@pytest.mark.parametrize(
    ("statement", "message", "remedy"),
    [
        ("SELECT 1 / 0", "division by zero", "nothing was committed"),
        ("CREATE TABLE public.mine ()", "permission denied", "grant it to the user"),
    ],
)
def test_an_error_becomes_one_line_and_a_remedy(
    service: Service, statement: str, message: str, remedy: str
) -> None:
    service.set_up()

    with pool(database.connect, service.url("river_levels_rw"), "test") as engine:
        with pytest.raises(DatabaseError, match=message) as refused:
            with database.session_of(engine) as session:
                session.execute(text(statement))
    assert remedy in str(refused.value)
    with pytest.raises(DatabaseError, match="division by zero"):
        with database.database_errors(), service.connect("river_levels_rw") as plain:
            plain.execute("SELECT 1 / 0")


def test_an_absent_server_is_one_line_and_a_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://nobody@127.0.0.1:{port}/nothing"

    with pool(database.connect, url, "test") as engine:
        with pytest.raises(DatabaseError) as failed:
            with database.session_of(engine):
                pass
    assert "\n" not in str(failed.value)
    assert "check DATABASE_URL" in str(failed.value)


# --- PG-7: pools --------------------------------------------------------------------


@pytest.mark.rule("PG-7")
def test_pools_that_pass_the_check_all_get_their_connections(service: Service) -> None:
    client = load_example(f"{HERE}/pools.py").Client
    with service.admin() as admin:
        row = admin.execute("SHOW max_connections").fetchone()
    max_connections = int(row[0]) if row else 0
    crowd = [
        client("loader", processes=2, pool_size=3, max_overflow=2),
        client("tasks", processes=4, pool_size=2, max_overflow=0),
    ]

    def opened_for(clients: list[Any]) -> str:
        with contextlib.ExitStack() as all_open:
            try:
                for _ in range(sum(client.connections for client in clients)):
                    all_open.enter_context(service.connect("master"))
            except psycopg.OperationalError as error:
                return str(error)
        return "all opened"

    def keeps_its_promise(module: Any) -> None:
        try:
            module.check_pools(crowd, max_connections)
        except ValueError as refused:
            assert "18 connections" in str(refused)
            return
        assert opened_for(crowd) == "all opened"

    good = load_example(f"{HERE}/pools.py")
    bad = load_example(f"{HERE}/wrong/one_process_counted.py")
    twins(keeps_its_promise, good=good, bad=bad, harm="remaining connection slots")
    assert good.check_pools(crowd[:1], max_connections) == 10
    assert opened_for(crowd[:1]) == "all opened"
    with pytest.raises(ValueError, match="do not fit"):
        bad.check_pools(crowd * 4, max_connections)


@pytest.mark.rule("PG-7")
def test_a_pool_survives_a_restart_of_the_server(server: PostgresServer) -> None:
    def survives(module: Any) -> None:
        with pool(module.connect, server.url, "long-lived") as engine:
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT 1")) == 1
            server.stop()
            server.start()
            try:
                with engine.connect() as connection:
                    answer = str(connection.scalar(text("SELECT 'still here'")))
            except OperationalError as error:
                answer = str(error.orig)
            assert answer == "still here"

    bare = load_example(f"{HERE}/wrong/bare_engine.py")
    harm = "terminating connection|server closed the connection|connection is lost"
    twins(survives, good=database, bad=bare, harm=harm)


def test_connections_that_are_kept_run_out(database_url: str) -> None:
    with pool(database.connect, database_url, "leaky") as engine:
        queue: Any = engine.pool
        queue._timeout = 0.05  # instead of 30 seconds
        with contextlib.ExitStack() as kept:
            for _ in range(3):
                kept.enter_context(engine.connect())
            with pytest.raises(PoolTimeout, match="QueuePool limit of size 3 overflow 0"):
                engine.connect()


# --- PG-8: restore ------------------------------------------------------------------


@pytest.mark.rule("PG-8")
def test_a_broken_backup_is_noticed(service: Service, tmp_path: Path) -> None:
    with service.admin() as admin:
        admin.execute(sql_of("tables.sql"))
        admin.execute("INSERT INTO raw.wards VALUES ('E05013929', 'Berrylands')")
        admin.execute(
            "INSERT INTO raw.flood_reports (reference, ward_code, reported_at,"
            " description) SELECT n, 'E05013929', '2026-01-01T00:00:00Z', md5(n::text)"
            " FROM generate_series(1, 1000) AS n"
        )
    env = {
        "PATH": f"{service.server.binaries}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(service.server.port),
        "PGUSER": "postgres",
        "PGPASSWORD": service.server.password,
        "PGDATABASE": "river_levels",
    }
    run_shell(f"examples/{HERE}/backup.sh", cwd=tmp_path, env=env)
    dump = [str(service.server.binaries / "pg_dump"), "--file=river_levels.sql"]
    subprocess.run(dump, cwd=tmp_path, env=os.environ | env, check=True, timeout=60)

    assert "CREATE ROLE" not in (tmp_path / "river_levels.sql").read_text("utf-8")

    def restored(script: str) -> int:
        with psycopg.connect(service.server.url, autocommit=True) as admin:
            admin.execute("DROP DATABASE IF EXISTS rehearsal WITH (FORCE)")
        shown = run_shell(f"examples/{HERE}/{script}", cwd=tmp_path, env=env)
        return int(shown.stdout.split()[-1])

    assert restored("rehearse.sh") == 1_000

    for name in ("river_levels.dump", "river_levels.sql"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])  # the disk was full

    def is_noticed(script: str) -> None:
        try:
            rows = restored(script)
        except AssertionError as error:
            assert "pg_restore: error" in str(error)
            return
        assert rows == 1_000, f"ended well, with {rows} of 1000 rows"

    bad = "wrong/restore_that_goes_on.sh"
    twins(is_noticed, good="rehearse.sh", bad=bad, harm=r"ended well, with \d+ of 1000")


# --- PG-10: types -------------------------------------------------------------------

COPY = (
    "COPY raw.flood_reports"
    " (reference, ward_code, reported_at, damage_gbp, description)"
    " FROM STDIN (FORMAT csv)"
)


def the_hour_that_comes_twice(loader: psycopg.Connection[Any]) -> None:
    with loader.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write("a,E05013929,2026-10-25T01:30:00+01:00,,x\n")
        copy.write("b,E05013929,2026-10-25T01:30:00+00:00,,x\n")
    row = loader.execute(
        "SELECT max(reported_at) - min(reported_at) FROM raw.flood_reports"
    ).fetchone()
    assert row == (dt.timedelta(hours=1),)


def pence_add_up(loader: psycopg.Connection[Any]) -> None:
    with loader.cursor() as cursor, cursor.copy(COPY) as copy:
        for reference in "abc":
            copy.write(f"{reference},E05013929,2026-10-25T01:30:00Z,0.10,x\n")
    row = loader.execute("SELECT sum(damage_gbp) FROM raw.flood_reports").fetchone()
    assert row == (Decimal("0.30"),)


def an_insert_needs_no_further_grant(loader: psycopg.Connection[Any]) -> None:
    try:
        loader.execute(
            "INSERT INTO raw.flood_reports"
            " (reference, ward_code, reported_at, description)"
            " VALUES ('a', 'E05013929', '2026-10-25T01:30:00Z', 'x')"
        )
        answer = "done"
    except psycopg.errors.InsufficientPrivilege as error:
        answer = str(error)
    assert answer == "done"


def long_words_are_kept(loader: psycopg.Connection[Any]) -> None:
    words = "The water came up through the floor of the kitchen. " * 4
    try:
        with loader.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.write(f"a,E05013929,2026-10-25T01:30:00Z,,{words}\n")
        row = loader.execute("SELECT description FROM raw.flood_reports").fetchone()
        answer = str(row[0]) if row else ""
    except psycopg.errors.StringDataRightTruncation as error:
        answer = str(error)
    assert answer == words


def wards_exist_and_references_are_unique(loader: psycopg.Connection[Any]) -> None:
    refused = []
    for lines in ("a,E05013929", "a,E05013929"), ("b,E05999999",):
        try:
            with loader.cursor() as cursor, cursor.copy(COPY) as copy:
                for line in lines:
                    copy.write(f"{line},2026-10-25T01:30:00Z,,x\n")
        except psycopg.errors.IntegrityError as error:
            refused.append(type(error).__name__)
    assert refused == ["UniqueViolation", "ForeignKeyViolation"]


@pytest.mark.rule("PG-10")
def test_types_keep_what_they_are_given(service: Service) -> None:
    service.set_up()
    for holds, harm in (
        (the_hour_that_comes_twice, r"timedelta\(0\),"),
        (pence_add_up, "0.30000000000000004"),
        (an_insert_needs_no_further_grant, "permission denied for sequence"),
        (long_words_are_kept, "too long for type character varying"),
        (wards_exist_and_references_are_unique, r"assert \[\] == "),
    ):

        def check(tables: str, holds: Callable[[Any], None] = holds) -> None:
            service.migrate(tables)
            if holds is not an_insert_needs_no_further_grant:
                with service.connect("river_levels_deployer") as deployer:
                    deployer.execute(
                        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA raw TO river_levels_rw"
                    )
            with service.connect("river_levels_rw") as loader:
                holds(loader)

        twins(check, good="tables.sql", bad="wrong/types_that_lie.sql", harm=harm)


# --- PG-11: COPY --------------------------------------------------------------------


def reports(kind: Any, ward_of_the_third: str = "E05013929") -> list[Any]:
    """Return five reports; the third may come from a ward that does not exist."""
    at = dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)
    wards = ["E05013929", "E05013929", ward_of_the_third, "E05013929", "E05013929"]
    return [
        kind(f"FR-{number}", ward, at, Decimal("12.50"), "Water\tin the\ncellar")
        for number, ward in enumerate(wards)
    ]


@pytest.mark.rule("PG-11")
def test_a_load_is_there_as_a_whole_or_not_at_all(service: Service) -> None:
    report = load_example(f"{HERE}/loading.py").Report
    count = "SELECT count(*) FROM raw.flood_reports"

    service.set_up()

    def all_or_nothing(module: Any) -> None:
        service.migrate("tables.sql")
        with psycopg.connect(service.url("river_levels_rw")) as loader:
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                module.load(loader, reports(report, "E05999999"))
        with service.connect("river_levels_rw") as loader:
            assert loader.execute(count).fetchone() == (0,)

    good = load_example(f"{HERE}/loading.py")
    bad = load_example(f"{HERE}/wrong/row_by_row.py")
    twins(all_or_nothing, good=good, bad=bad, harm=r"\(2,\) == \(0,\)")


@pytest.mark.rule("PG-11")
def test_a_load_that_is_repeated_changes_nothing(service: Service) -> None:
    service.set_up()
    service.migrate("tables.sql")
    module = load_example(f"{HERE}/loading.py")
    given = reports(module.Report)
    twice = module.Report("FR-5", "E05013929", given[4].reported_at, None, "Twice")
    changed = module.Report("FR-4", "E05013929", given[4].reported_at, None, "Dry now")

    with service.connect("river_levels_rw") as loader:
        assert module.load(loader, given) == 5
        assert module.load(loader, given) == 0
        assert module.load(loader, [*given[:4], changed]) == 1
        rows = loader.execute(
            "SELECT reference, ward_code, reported_at, damage_gbp, description"
            " FROM raw.flood_reports ORDER BY reference"
        ).fetchall()
        assert [module.Report(*row) for row in rows] == [*given[:4], changed]
        with pytest.raises(psycopg.errors.CardinalityViolation):
            module.load(loader, [twice, twice])
