"""Proofs of docs/principles/privacy.md."""

import datetime as dt
import hashlib
import importlib.metadata
import itertools
import json
import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import boto3
import jsonschema
import psycopg
import pytest
import yaml
from botocore.exceptions import ClientError

from guidance.engines import AwsEngine, ministack
from guidance.engines.aws import REGION
from guidance.evidence import assert_output, load_example, regions, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

HERE = "principles/privacy"
FOLDER = EXAMPLES / HERE
UTC = dt.UTC
Cell = tuple[str, str]
TOTAL = "Total"


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


def pair(good: str, wrong: str) -> dict[str, Any]:
    """Load an example and its counter-example."""
    return {"good": example(good), "bad": example(f"wrong/{wrong}")}


def people(count: int = 1_000) -> list[Any]:
    """Return invented reports, of the source that the database page reads."""
    return list(load_example("extraction/database/flood_reports.py").invent(count))


# --- PII-1, PII-2, PII-3, PII-10: ask first -------------------------------------------

SCREENING = yaml.safe_load((FOLDER / "screening.yml").read_text("utf-8"))
SCHEMA = json.loads((FOLDER / "screening.schema.json").read_text("utf-8"))


def faults(screening: Any) -> str:
    """Return what the schema says, one line a fault."""
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(screening)
    return "; ".join(sorted(f"{error.json_path}: {error.message}" for error in errors))


def is_answered(name: str) -> None:
    ref = f"examples/{HERE}/{name}"
    found = faults(yaml.safe_load((ROOT / ref).read_text("utf-8")))
    version = importlib.metadata.version("jsonschema")
    sha256 = regions.find(ref).sha256
    RECORDER.proof(Proof(ref, sha256, Level.VALIDATED, f"jsonschema {version}"))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    rules = f"examples/{HERE}/screening.schema.json"
    sha256 = regions.find(rules).sha256
    RECORDER.proof(Proof(rules, sha256, Level.VALIDATED, f"jsonschema {version}"))
    assert found == "", found


@pytest.mark.rule("PII-1", "PII-2")
@pytest.mark.parametrize(
    "harm",
    [
        r"fields.email: 'none' was expected",
        r"'dpia' is a required property",
        r"retention_days: 0 is less than the minimum",
        r"'agreement' is a required property",
    ],
)
def test_a_screening_is_answered(harm: str) -> None:
    twins(is_answered, good="screening.yml", bad="wrong/to_be_confirmed.yml", harm=harm)


@pytest.mark.rule("PII-3")
def test_a_lawful_basis_is_named() -> None:
    twins(
        is_answered,
        good="screening.yml",
        bad="wrong/to_be_confirmed.yml",
        harm=r"lawful_basis: 'consent\?' does not match",
    )
    special = SCREENING | {"special_category": "9(2)(g) substantial public interest"}
    assert "special_category" in faults(special), "no policy document under Schedule 1"
    special["special_category"] += ", DPA 2018 Schedule 1 paragraph 6"
    assert faults(special) == ""


@pytest.mark.rule("PII-1")
def test_every_column_of_the_source_was_looked_at() -> None:
    sharing = example("sharing")
    is_answered("screening.yml")
    columns = [*asdict(people(1)[0]), "updated_at", "changed_in"]

    assert sharing.unclassified(SCREENING, columns) == []
    assert sharing.unclassified(SCREENING, [*columns, "ethnicity"]) == ["ethnicity"]


@pytest.mark.rule("PII-10")
def test_nothing_leaves_after_the_agreement_ended() -> None:
    sharing = example("sharing")

    def keeps_it(module: Any) -> None:
        module.check_recipient(SCREENING, "river-trust", dt.date(2027, 3, 31))
        left = []
        for recipient, day in (("river-trust", "2027-04-01"), ("insurer", "2026-12-01")):
            try:
                module.check_recipient(SCREENING, recipient, dt.date.fromisoformat(day))
            except sharing.MayNotLeave:
                continue
            except AssertionError:
                continue
            left.append(f"{recipient} on {day}")
        assert left == [], f"sent to {', '.join(left)}"

    twins(
        keeps_it,
        good=sharing,
        bad=example("wrong/sends_to_whoever_asked"),
        harm="sent to river-trust on 2027-04-01",
    )


# --- PII-4: invented data -------------------------------------------------------------


@pytest.mark.rule("PII-4")
def test_test_data_names_nobody() -> None:
    scanner = example("scanner")
    invent = load_example("extraction/database/flood_reports.py").invent
    production = list(invent(300, seed=1))  # plays the real one

    def names_nobody(make: Callable[[], list[Any]]) -> None:
        theirs = {(row.phone, row.nhs_number) for row in production}
        known = {value for values in theirs for value in values}
        named = 0
        for row in make():
            text = " ".join(str(value) for value in asdict(row).values())
            named += any(found.text in known for found in scanner.scan(text))
        assert named == 0, f"{named} of 300 rows still name somebody"

    twins(
        names_nobody,
        good=lambda: example("for_tests").for_tests(
            production, lambda count: shifted(invent(count, seed=2))
        ),
        bad=lambda: example("wrong/masks_the_names").for_tests(production),
        harm="300 of 300 rows still name somebody",
    )


def shifted(rows: Iterator[Any]) -> Iterator[Any]:
    """Other numbers than production's: both draw from the few that Ofcom reserves."""
    from dataclasses import replace

    for row in rows:
        phone = row.phone.replace("07700 900", "01632 960")
        yield replace(row, phone=phone, description=row.description.replace(row.phone, phone))


# --- PII-5: an allow-list -------------------------------------------------------------

ALLOWED = ["report_id", "ward", "depth_cm"]


@pytest.mark.rule("PII-5")
def test_a_new_field_does_not_come_through() -> None:
    rows = [asdict(report) | {"ethnicity": "x"} for report in people(50)]

    def takes_what_was_asked_for(module: Any) -> None:
        fields = {name for row in rows for name in module.project(row, ALLOWED)}
        others = sorted(fields - set(ALLOWED))
        assert others == [], f"also took {', '.join(others)}"

    twins(
        takes_what_was_asked_for,
        **pair("allow_list", "deny_list"),
        harm="also took birth_year, description, ethnicity, postcode, reported_at, uprn",
    )


@pytest.mark.rule("PII-5")
def test_a_field_that_is_missing_is_an_error() -> None:
    module = example("allow_list")

    with pytest.raises(module.MissingField) as error:
        module.project({"report_id": 1}, ALLOWED)

    assert str(error.value) == "not in the row: ward, depth_cm"


# --- PII-6: pseudonyms ----------------------------------------------------------------


@pytest.fixture
def manager(aws_engine: AwsEngine) -> Any:
    """Secrets Manager, with a key for each of two purposes."""
    manager = boto3.client("secretsmanager", region_name=REGION)
    for purpose in ("reporting", "research"):
        name = f"/flood-reports/pseudonyms/{purpose}"
        try:
            manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        except manager.exceptions.ResourceNotFoundException:
            pass
    return manager


def drama_numbers() -> list[str]:
    """Every mobile number that there is, in the world of this test."""
    return [f"07700 900{n:03}" for n in range(1_000)]


def schemes() -> Iterator[Callable[[str], str]]:
    """What somebody without the key would try."""
    forms: list[Callable[[str], str]] = [
        str,
        lambda text: text.replace(" ", ""),
        lambda text: "+44" + text.replace(" ", "")[1:],
        lambda text: f"phone\0{text.replace(' ', '')[-10:]}",
    ]
    for form, name in itertools.product(forms, ("md5", "sha1", "sha256", "sha512")):
        yield lambda text, form=form, name=name: hashlib.new(  # type: ignore[misc]
            name, form(text).encode(), usedforsecurity=False
        ).hexdigest()


@pytest.mark.rule("PII-6")
def test_nobody_without_the_key_undoes_a_pseudonym(manager: Any) -> None:
    identifiers, undo = example("identifiers"), example("enumeration").undo
    identifiers.make_key(manager, "reporting")
    key = identifiers.key_for(manager, "reporting")
    phones = sorted({report.phone for report in people()})

    def stays_hidden(module: Any) -> None:
        tokens = {module.pseudonym(key, "phone", phone) for phone in phones}
        bare = {token.rpartition(".")[2] for token in tokens}
        found: dict[str, str] = {}
        for scheme in schemes():
            found |= undo(bare, drama_numbers(), scheme)
        assert not found, f"{len(found)} of {len(phones)} phone numbers are known again"

    twins(
        stays_hidden,
        good=identifiers,
        bad=example("wrong/plain_hash"),
        harm=f"{len(phones)} of {len(phones)} phone numbers are known again",
    )


@pytest.mark.rule("PII-6")
def test_two_purposes_cannot_be_joined(manager: Any) -> None:
    identifiers = example("identifiers")
    for purpose in ("reporting", "research"):
        identifiers.make_key(manager, purpose)
    keys = [identifiers.key_for(manager, name) for name in ("reporting", "research")]
    emails = sorted({report.email for report in people()})

    def stay_apart(module: Any) -> None:
        one, two = (
            {module.pseudonym(key, "email", e).rpartition(".")[2] for e in emails}
            for key in keys
        )
        assert not one & two, f"{len(one & two)} of {len(emails)} people are joined"

    twins(
        stay_apart,
        good=identifiers,
        bad=example("wrong/one_key_for_all"),
        harm=r"(\d+) of \1 people are joined",
    )


@pytest.mark.rule("PII-6")
def test_one_person_has_one_pseudonym_until_the_key_is_rotated(manager: Any) -> None:
    identifiers = example("identifiers")
    identifiers.make_key(manager, "reporting")
    identifiers.make_key(manager, "research")
    key = identifiers.key_for(manager, "reporting")
    spellings = ("07700 900123", "+44 7700 900123", "(07700) 900-123", "0044 7700900123")

    names = {identifiers.pseudonym(key, "phone", text) for text in spellings}
    manager.put_secret_value(
        SecretId="/flood-reports/pseudonyms/reporting", SecretString=secrets.token_hex(32)
    )
    rotated = identifiers.key_for(manager, "reporting")

    assert len(names) == 1
    assert identifiers.keys_for(manager, "research") == [
        identifiers.key_for(manager, "research")
    ]
    assert rotated.version != key.version
    assert identifiers.pseudonym(rotated, "phone", spellings[0]) not in names
    assert key.secret.hex() not in repr(key) and str(key.secret) not in repr(key)


@pytest.mark.rule("PII-6")
@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [("phone", "n/a", "no phone"), ("email", " ", "no email"), ("name", "x", "no such kind")],
)
def test_what_names_nobody_gets_no_pseudonym(kind: str, value: str, says: str) -> None:
    identifiers = example("identifiers")

    with pytest.raises(ValueError, match=says) as error:
        identifiers.canonical(kind, value)

    assert value not in str(error.value) or value == " "
    assert identifiers.canonical("uprn", "000199356") == "199356"
    assert identifiers.canonical("nhs_number", "999 123 4567") == "9991234567"


@pytest.fixture(scope="module")
def enforcing() -> Iterator[AwsEngine]:
    """An account on the engine that enforces IAM, with a key for each purpose."""
    with ministack() as engine:
        root = boto3.Session("test", "test", region_name=REGION)
        vault = root.client("secretsmanager", endpoint_url=engine.endpoint_url)
        for purpose in ("reporting", "research"):
            vault.create_secret(
                Name=f"/flood-reports/pseudonyms/{purpose}", SecretString=secrets.token_hex(32)
            )
        yield engine


def keys_that_a_role_reads(engine: AwsEngine, policy: str) -> list[str]:
    """Return the purposes whose keys a role with a policy of the page can fetch."""
    root = boto3.Session("test", "test", region_name=REGION)
    iam = root.client("iam", endpoint_url=engine.endpoint_url)
    sts = root.client("sts", endpoint_url=engine.endpoint_url)
    account = sts.get_caller_identity()["Account"]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    name = f"Test{secrets.token_hex(6)}"
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    text = (FOLDER / policy).read_text("utf-8")
    iam.put_role_policy(RoleName=name, PolicyName="does", PolicyDocument=text)
    ref = f"examples/{HERE}/{policy}"
    tool = f"boto3 {boto3.__version__}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.EMULATED, tool))
    given = sts.assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="test")["Credentials"]
    role = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION
    )
    vault = role.client("secretsmanager", endpoint_url=engine.endpoint_url)
    read = []
    for purpose in ("reporting", "research"):
        try:
            example("identifiers").key_for(vault, purpose)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
        else:
            read.append(purpose)
    return read


@pytest.mark.rule("PII-6")
def test_a_role_reads_the_key_of_its_purpose_alone(enforcing: AwsEngine) -> None:
    def reads_its_own(policy: str) -> None:
        read = keys_that_a_role_reads(enforcing, policy)
        assert read == ["reporting"], f"reads the keys of {' and '.join(read)}"

    twins(
        reads_its_own,
        good="key_reader.json",
        bad="wrong/every_key.json",
        harm="reads the keys of reporting and research",
    )


def test_the_emulator_gives_a_key_to_whoever_asks(manager: Any, aws_engine: AwsEngine) -> None:
    # On AWS, GetSecretValue on that secret decides. When moto learns it, drop the note.
    identifiers = example("identifiers")
    identifiers.make_key(manager, "reporting")
    stranger = boto3.Session("AKIASTRANGER", "x", region_name=REGION)
    client = stranger.client("secretsmanager", endpoint_url=aws_engine.endpoint_url)

    assert identifiers.key_for(client, "reporting") == identifiers.key_for(
        manager, "reporting"
    )


# --- PII-7: small numbers -------------------------------------------------------------

MONTHS = ("2026-01", "2026-02", "2026-03")
COUNTS = {
    (ward, month): count
    for ward, counts in {
        "Berrylands": (2, 11, 14),
        "Norbiton": (9, 3, 17),
        "Surbiton Hill": (12, 8, 0),
        "Wallington": (21, 16, 1),
    }.items()
    for month, count in zip(MONTHS, counts, strict=True)
}


def shown(published: dict[Cell, int | None]) -> str:
    """Return a table as text."""
    rows, columns = example("small_numbers").labels(published)
    lines = [f"{'':14}" + "".join(f"{name:>9}" for name in [*columns, TOTAL])]
    for row in [*rows, TOTAL]:
        cells = (published[row, column] for column in [*columns, TOTAL])
        lines.append(f"{row:14}" + "".join(f"{'*' if n is None else n:>9}" for n in cells))
    return "\n".join(lines)


def told_by(module: Any, truth: dict[Cell, int], published: Any) -> list[str]:
    """Attack: which counts of 1 to 4 can somebody narrow down?"""
    solved, narrowed = module.solve(published), module.bounds(published)
    small = [cell for cell, n in truth.items() if 1 <= n <= 4]
    return [
        f"{cell} is {truth[cell]}"
        for cell in small
        if cell in solved or not (narrowed[cell][0] <= 1 and narrowed[cell][1] >= 4)
    ]


@pytest.mark.rule("PII-7")
def test_linear_algebra_recovers_no_small_number() -> None:
    small_numbers = example("small_numbers")
    truth = small_numbers.with_totals(COUNTS)

    def tells_nothing(module: Any) -> None:
        told = told_by(small_numbers, truth, module.suppress(truth))
        assert told == [], f"{len(told)} of 3 recovered: {'; '.join(told)}"

    twins(
        tells_nothing,
        good=small_numbers,
        bad=example("wrong/small_ones_only"),
        harm="3 of 3 recovered",
    )
    assert_output(f"examples/{HERE}/suppressed.out", shown(small_numbers.suppress(truth)))


@pytest.mark.rule("PII-7")
def test_two_hidden_counts_in_a_line_are_not_enough() -> None:
    small_numbers = example("small_numbers")
    counts = {
        ("A", "x"): 1, ("A", "y"): 1, ("A", "z"): 20,
        ("B", "x"): 1, ("B", "y"): 1, ("B", "z"): 30,
        ("C", "x"): 15, ("C", "y"): 16, ("C", "z"): 17,
        ("D", "x"): 18, ("D", "y"): 19, ("D", "z"): 3,
    }  # fmt: skip
    truth = small_numbers.with_totals(counts)

    def tells_nothing(module: Any) -> None:
        told = told_by(small_numbers, truth, module.suppress(truth))
        assert told == [], f"recovered: {'; '.join(told)}"

    twins(
        tells_nothing,
        good=small_numbers,
        bad=example("wrong/two_in_each_line"),
        harm=r"\('A', 'x'\) is 1",
    )


def all_tables(published: dict[Cell, int | None], module: Any) -> dict[Cell, set[int]]:
    """Return the values of each hidden cell over ALL whole tables that fit."""
    sums = module.equations(published)
    found: dict[Cell, set[int]] = {c: set() for c, n in published.items() if n is None}

    def go(ranges: dict[Cell, tuple[int, int]]) -> bool:
        """Whether some table fits these ranges; bounds shrink them first."""
        before: dict[Cell, tuple[int, int]] = {}
        while before != ranges:
            before = dict(ranges)
            for terms in sums:
                for cell, sign in terms.items():
                    low, high = ranges[cell] = module.narrowed(ranges, terms, cell, sign)
                    if low > high:
                        return False
        wide = [(high - low, cell) for cell, (low, high) in ranges.items() if low < high]
        if not wide:
            return True
        _, cell = min(wide)
        low, high = ranges[cell]
        return any(go({**ranges, cell: (n, n)}) for n in range(low, high + 1))

    ceiling = max(n or 0 for n in published.values())
    start = {c: (1, ceiling) if n is None else (n, n) for c, n in published.items()}
    for cell, values in found.items():
        values |= {n for n in range(1, 5) if go({**start, cell: (n, n)})}
    return found


def random_table(chance: random.Random, rows: int, columns: int) -> dict[Cell, int]:
    """Return counts as a council has them: many small ones."""
    sizes = [0, 1, 1, 2, 3, 4, 5, 6, 8, 9, 12, 15, 20, 33]
    names = itertools.product("ABCDEFGH"[:rows], "abcdefgh"[:columns])
    return {cell: chance.choice(sizes) for cell in names}


def attack_many(module: Any, tables: int, largest: int, exact: bool) -> tuple[int, int]:
    """Suppress random tables and attack each; return tables and small counts."""
    chance, done, small = random.Random(2026), 0, 0  # noqa: S311
    while done < tables:
        counts = random_table(chance, chance.randint(3, largest), chance.randint(3, largest))
        truth = module.with_totals(counts)
        try:
            published = module.suppress(truth)
        except module.CannotProtect:
            continue
        assert told_by(module, truth, published) == []
        if exact:
            for cell, values in all_tables(published, module).items():
                assert truth[cell] > 4 or values == {1, 2, 3, 4}, (cell, published)
        small += sum(1 <= n <= 4 for n in truth.values())
        done += 1
    return done, small


@pytest.mark.rule("PII-7")
def test_no_attacker_can_tell_one_from_four() -> None:
    done, small = attack_many(example("small_numbers"), 8, largest=5, exact=True)

    assert (done, small > 25) == (8, True)


@pytest.mark.rule("PII-7")
def test_larger_tables_stand_algebra_and_bounds() -> None:
    done, small = attack_many(example("small_numbers"), 25, largest=8, exact=False)

    assert (done, small > 150) == (25, True)


@pytest.mark.audit
@pytest.mark.rule("PII-7")
def test_no_attacker_can_tell_one_from_four_in_many_tables() -> None:
    done, small = attack_many(example("small_numbers"), 80, largest=6, exact=True)

    assert (done, small > 300) == (80, True)


@pytest.mark.rule("PII-7")
def test_a_list_is_a_table_with_one_column() -> None:
    module = example("small_numbers")
    truth = module.with_totals({("A", "n"): 2, ("B", "n"): 9, ("C", "n"): 12})
    published = module.suppress(truth)

    assert told_by(module, truth, published) == []
    assert all_tables(published, module)["A", "n"] == {1, 2, 3, 4}
    assert published["C", "n"] == 12
    assert published[TOTAL, TOTAL] == 23


@pytest.mark.rule("PII-7")
def test_a_table_that_is_too_thin_is_refused() -> None:
    module = example("small_numbers")

    with pytest.raises(module.CannotProtect, match="2 in all: publish no table"):
        module.suppress(module.with_totals({("A", "x"): 1, ("B", "y"): 1}))
    with pytest.raises(module.CannotProtect, match="merge rows or columns") as error:
        module.suppress(module.with_totals({("A", "x"): 1, ("B", "y"): 9}))
    assert "('A', 'Total')" in str(error.value)
    full = module.with_totals({("A", "x"): 7, ("B", "y"): 9})
    assert module.suppress(full) == full
    assert module.solve(full) == {} == module.bounds(full)


@pytest.mark.rule("PII-7")
def test_subtracting_two_releases_tells_nothing() -> None:
    module = example("small_numbers")
    january = module.with_totals(COUNTS)
    grown = module.with_totals(
        COUNTS | {("Wallington", "2026-02"): 17, ("Norbiton", "2026-03"): 25}
    )

    def tells_nothing(releases: Any) -> None:
        before, after = module.suppress(january), module.suppress(grown)
        try:
            releases.may_follow(january, grown)
        except module.Held as held:
            assert "small counts show" in str(held)
            return  # nothing new goes out
        new = {
            c: n - before[c]
            for c, n in after.items()
            if n is not None and before[c] is not None and n != before[c]
        }
        told = [f"{cell} grew by {n}" for cell, n in new.items() if 1 <= n <= 4]
        assert told == [], "; ".join(told)

    twins(
        tells_nothing,
        good=module,
        bad=example("wrong/each_release_alone"),
        harm=r"\('Wallington', 'Total'\) grew by 1",
    )


@pytest.mark.rule("PII-7")
def test_a_release_with_large_changes_may_follow() -> None:
    module = example("small_numbers")
    january = module.with_totals(COUNTS)
    many = module.with_totals({c: n + (9 if n > 4 else 0) for c, n in COUNTS.items()})

    module.may_follow(january, many)
    module.may_follow(january, january)

    assert many[TOTAL, TOTAL] == january[TOTAL, TOTAL] + 8 * 9


@pytest.mark.rule("PII-7")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({("Wallington", "2026-02"): 15}, "one report was withdrawn"),
        ({("Berrylands", "2026-01"): 8}, "what was hidden limits what is still hidden"),
        ({("Norbiton", "2026-02"): 13, ("Wallington", "2026-03"): 11}, "both came out"),
        (
            {("Norbiton", "2026-04"): 2, ("Wallington", "2026-04"): 30},
            "a new month shows in the totals of wards",
        ),
    ],
)
def test_what_two_releases_tell_together_is_held(changes: dict[Cell, int], why: str) -> None:
    module = example("small_numbers")
    then, now = module.with_totals(COUNTS), module.with_totals(COUNTS | changes)

    with pytest.raises(module.Held, match="small counts show") as held:
        module.may_follow(then, now)

    assert str(held.value), why


@pytest.mark.rule("PII-7")
def test_per_cents_tell_no_more_than_counts() -> None:
    module = example("small_numbers")
    truth = module.with_totals(COUNTS)
    published = module.suppress(truth)
    whole = truth[TOTAL, TOTAL]

    def tells_nothing(shares: dict[Cell, float | None]) -> None:
        told = [
            cell
            for cell, share in shares.items()
            if share is not None and 1 <= round(share * whole / 100) <= 4
        ]
        assert told == [], f"{len(told)} small counts from their per cents"

    twins(
        tells_nothing,
        good=module.shares(published),
        bad=example("wrong/shares_of_the_truth").shares(truth),
        harm="3 small counts from their per cents",
    )
    assert module.shares({(TOTAL, TOTAL): 0}) == {(TOTAL, TOTAL): None}


# --- PII-8: retention -----------------------------------------------------------------

BEFORE = dt.date(2026, 2, 1)


@pytest.fixture
def old_data(s3: Any, bucket: str, database_url: str) -> Iterator[Callable[[], Any]]:
    """Makes raw objects, with versions, and rows: four days, two of them too old."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    days = ("2025-12-31", "2026-01-31", "2026-02-01", "2026-03-01")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE TABLE raw.flood_reports (reported_on date NOT NULL)")

        def fill() -> Any:
            connection.execute("TRUNCATE raw.flood_reports")
            for day in days:
                for version in range(3):
                    s3.put_object(
                        Bucket=bucket,
                        Key=f"raw/flood_reports/day={day}/a.csv",
                        Body=str(version).encode(),
                    )
                connection.execute("INSERT INTO raw.flood_reports VALUES (%s)", (day,))
            s3.delete_object(Bucket=bucket, Key=f"raw/flood_reports/day={days[0]}/a.csv")
            return connection

        yield fill
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for page in pages:
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])


@pytest.mark.rule("PII-8")
def test_nothing_old_is_left_in_any_version(
    s3: Any, bucket: str, old_data: Callable[[], Any]
) -> None:
    good = example("retention")

    def leaves_nothing(module: Any) -> None:
        connection = old_data()
        module.erase(s3, bucket, "raw/", connection, BEFORE)
        left = [
            version
            for version in s3.list_object_versions(Bucket=bucket, Prefix="raw/")["Versions"]
            if version["Key"].split("day=")[1] < BEFORE.isoformat()
        ]
        rows = connection.execute("SELECT min(reported_on) FROM raw.flood_reports").fetchone()
        assert rows == (BEFORE,)
        assert left == [], f"{len(left)} versions can still be read"

    twins(
        leaves_nothing,
        good=good,
        bad=example("wrong/deletes_what_it_sees"),
        harm="6 versions can still be read",
    )


@pytest.mark.rule("PII-8")
def test_the_deletion_proves_itself(s3: Any, bucket: str, old_data: Callable[[], Any]) -> None:
    module = example("retention")
    connection = old_data()

    assert module.erase(s3, bucket, "raw/", connection, BEFORE) == module.Erased(BEFORE, 7, 2)
    assert module.erase(s3, bucket, "raw/", connection, BEFORE) == module.Erased(BEFORE, 0, 0)
    kept = s3.list_object_versions(Bucket=bucket, Prefix="raw/")["Versions"]
    assert Counter(v["Key"][-16:-6] for v in kept) == {"2026-02-01": 3, "2026-03-01": 3}


@pytest.mark.rule("PII-8")
def test_a_version_that_cannot_be_deleted_is_an_error(
    s3: Any, bucket: str, old_data: Callable[[], Any]
) -> None:
    module = example("retention")
    connection = old_data()

    class Locked:
        """S3 with a lock: it answers, and deletes nothing."""

        def __getattr__(self, name: str) -> Any:
            return getattr(s3, name)

        def delete_objects(self, **ignored: object) -> None:
            return None

    with pytest.raises(module.NotErased) as error:
        module.erase(Locked(), bucket, "raw/", connection, BEFORE)

    assert str(error.value) == "7 versions are left below raw/"


@pytest.mark.rule("PII-8")
def test_backups_are_counted_too(aws_engine: AwsEngine) -> None:
    rds = boto3.client("rds", region_name=REGION)
    name = f"flood-{secrets.token_hex(4)}"
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="master",
        MasterUserPassword=secrets.token_hex(8),
        AllocatedStorage=20,
    )
    rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-kept")
    overdue = example("retention").overdue_snapshots

    made = rds.describe_db_snapshots(DBInstanceIdentifier=name)["DBSnapshots"][0]
    at = made["SnapshotCreateTime"]
    assert f"{name}-kept" in overdue(rds, at + dt.timedelta(seconds=1))
    assert f"{name}-kept" not in overdue(rds, at)


# --- PII-9: find a person -------------------------------------------------------------

PERSON = {"phone": "+44 7700 900123", "email": "Resident7@example.org"}


@pytest.mark.rule("PII-9")
def test_a_person_is_found_wherever_she_is(manager: Any, database_url: str) -> None:
    good = example("identifiers")
    good.make_key(manager, "reporting")
    old = good.key_for(manager, "reporting")
    manager.put_secret_value(
        SecretId="/flood-reports/pseudonyms/reporting", SecretString=secrets.token_hex(32)
    )
    keys = good.keys_for(manager, "reporting")
    assert [key.version for key in keys][1] == old.version
    places = [
        good.Place("raw", "flood_reports", "phone", "phone"),
        good.Place("raw", "newsletter", "email", "email"),
        good.Place("marts", "reporters", "reporter", "phone", "reporting"),
        good.Place("raw", "homes", "uprn", "uprn"),
    ]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE SCHEMA marts")
        for table, column, values in (
            ("raw.flood_reports", "phone", ["07700 900123", "07700900123", "07700 900124"]),
            ("raw.newsletter", "email", ["Resident7@example.org", "resident77@example.org"]),
            (
                "marts.reporters",
                "reporter",
                [
                    good.pseudonym(key, "phone", f"07700 90012{n}")
                    for n in (3, 4)
                    for key in keys
                ],
            ),
            ("raw.homes", "uprn", ["990000000042"]),
        ):
            connection.execute(f"CREATE TABLE {table} ({column} text)")  # type: ignore[arg-type]
            for value in values:
                connection.execute(f"INSERT INTO {table} VALUES (%s)", (value,))  # type: ignore[arg-type]

        def finds_her(module: Any) -> None:
            found = module.find_person(connection, places, PERSON, {"reporting": keys})
            rows = {table: len(rows) for table, rows in found.items()}
            expected = {"raw.flood_reports": 2, "raw.newsletter": 1, "marts.reporters": 2}
            assert rows == expected, f"finds {sum(rows.values())} of 5 rows"

        twins(
            finds_her,
            good=good,
            bad=example("wrong/as_it_was_typed"),
            harm="finds 1 of 5 rows",
        )


# --- PII-11: look-alikes --------------------------------------------------------------

ONE_EACH = 1_000


@pytest.mark.rule("PII-11")
def test_nobody_is_alone_in_a_group() -> None:
    good = example("k_anonymity")
    residents = {report.email: asdict(report) for report in people(ONE_EACH)}

    def hides_in_a_crowd(module: Any) -> None:
        rows = [module.coarsen(row) for row in residents.values()]
        small = good.small_groups(rows, list(rows[0]))
        alone = sum(size for size in small.values() if size == 1)
        assert not small, f"{alone} of {len(rows)} residents are the only one"

    twins(
        hides_in_a_crowd,
        good=good,
        bad=example("wrong/names_taken_out"),
        harm=r"(4|5)\d\d of \d+ residents are the only one",
    )


# --- PII-12: texts and logs -----------------------------------------------------------


@pytest.mark.rule("PII-12")
def test_a_log_names_nobody() -> None:
    report = people(1)[0]
    secrets_of_it = [report.phone, report.email, report.nhs_number, report.ni_number]

    def names_nobody(module: Any) -> None:
        formatter = module.Redacting("%(levelname)s %(message)s")
        try:
            raise ValueError(f"bad row: {asdict(report)}")
        except ValueError as error:
            record = logging.LogRecord(
                "etl", logging.ERROR, __file__, 1, "refused %s of %s",
                (report.phone, report.email), (ValueError, error, error.__traceback__),
            )  # fmt: skip
        line = formatter.format(record)
        named = [value for value in secrets_of_it if value in line]
        assert named == [], f"the log names {len(named)} of 4"
        assert line.startswith("ERROR refused [phone] of [email]")

    twins(
        names_nobody,
        **pair("scanner", "redacts_the_message"),
        harm="the log names 4 of 4",
    )


# --- PII-4: the scanner, measured -----------------------------------------------------


def measured(scan: Callable[[str], Any]) -> tuple[dict[str, list[int]], int]:
    """Return planted, found and false alarms by kind, and the number of texts."""
    rows: dict[str, list[int]] = {}
    texts = 0
    for text, labels in example("labelled").labelled(people(200)):
        texts += 1
        found = list(scan(text))
        for kind, value in labels:
            row = rows.setdefault(kind, [0, 0, 0])
            row[0] += 1
            row[1] += any(f.kind == kind and f.text.endswith(value) for f in found)
        for one in found:
            if not any(one.text.endswith(value) for _, value in labels):
                rows.setdefault(one.kind, [0, 0, 0])[2] += 1
    return rows, texts


@pytest.mark.rule("PII-4")
def test_the_scanner_is_measured() -> None:
    scanner = example("scanner")

    def raises_few_false_alarms(module: Any) -> None:
        rows, _ = measured(module.scan)
        alarms = sum(row[2] for row in rows.values())
        assert alarms < 40, f"{alarms} false alarms"

    twins(
        raises_few_false_alarms,
        good=scanner,
        bad=example("wrong/pattern_alone"),
        harm=r"\d{3,4} false alarms",
    )
    rows, texts = measured(scanner.scan)
    lines = [f"{'kind':12}{'planted':>9}{'found':>9}{'recall':>8}{'false alarms':>14}"]
    for kind, (planted, found, alarms) in sorted(rows.items()):
        share = f"{100 * found / planted:.0f}%"
        lines.append(f"{kind:12}{planted:>9}{found:>9}{share:>8}{alarms:>14}")
    lines.append(f"in {texts:,} texts, all invented")
    assert_output(f"examples/{HERE}/scanner.out", "\n".join(lines))


@pytest.mark.rule("PII-4")
@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("NHS 000 000 0000", []),
        ("NHS 999 999 9999", []),
        ("NHS 943 476 5919", ["nhs_number"]),
        ("NHS 943 476 5918", []),
        ("GIR 0AAxxxx", []),
        ("KT11EU", ["postcode"]),
        ("kt1 1eu", ["postcode"]),
        ("+44 (0)20 7946 0123", ["phone"]),
        ("AB 12 34 56 C", ["ni_number"]),
        ("DF 12 34 56 C", []),
        ("UPRN: 42", ["uprn"]),
        ("42", []),
    ],
)
def test_the_traps_of_identifiers(text: str, kinds: list[str]) -> None:
    assert [found.kind for found in example("scanner").scan(text)] == kinds


@pytest.mark.rule("PII-4")
def test_our_own_fixtures_name_nobody() -> None:
    scanner = example("scanner")
    reserved = ("QQ", "999", "0770090", "+44770090", "02079460", "01632960", "ZZ99", "9900")
    strangers = []
    for path in (EXAMPLES / "extraction" / "database").rglob("*.*"):
        if path.suffix in {".py", ".sql", ".json"}:
            for found in scanner.scan(path.read_text("utf-8")):
                bare = found.text.upper().replace(" ", "")
                if not bare.startswith(reserved) and "EXAMPLE.ORG" not in bare:
                    strangers.append((path.name, found.text))

    assert strangers == []
