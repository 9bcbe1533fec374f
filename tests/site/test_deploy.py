"""What reaches the bucket, in which order, and what never does."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from guidance.cli import main
from guidance.engines import AwsEngine
from guidance.engines.aws import REGION
from guidance.evidence.store import Block, Evidence
from guidance.site import deploy as deploying
from guidance.site import publish, seal
from guidance.site.deploy import ASK_FIRST, TYPES, cache_control, content_type

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RUN = {"commit": "c0ffee", "is_clean": True, "finished_at": "2026-11-23T12:00:00+00:00"}
HASHED = "assets/javascripts/bundle.a1b2c3d4.min.js"
FILES = {
    "index.html": "<h1>Home</h1>",
    "404.html": "<h1>Not here</h1>",
    "storage/index.html": "<h1>Storage</h1>",
    "assets/css/site.css": "body {}",
    HASHED: "void 0;",
    "search/search_index.json": "{}",
    "source/examples/a.py": "a = 1\n",
    "source/examples/page.html": "<script>alert(1)</script>",
    "llms.txt": "# Guidance",
}

type Deploy = Callable[..., int]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site that passed the gate."""
    folder = tmp_path / "site"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    seal.put(folder, RUN)
    return folder


@pytest.fixture
def distribution(aws_engine: AwsEngine, bucket: str) -> str:
    """A distribution in front of the bucket."""
    if aws_engine.name != "moto":
        pytest.skip(f"{aws_engine.name} has no CloudFront: run it with moto")
    made = boto3.client("cloudfront", region_name=REGION).create_distribution(
        DistributionConfig={
            "CallerReference": secrets.token_hex(4),
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "bucket",
                        "DomainName": f"{bucket}.s3.{REGION}.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "bucket",
                "ViewerProtocolPolicy": "redirect-to-https",
            },
        }
    )
    return made["Distribution"]["Id"]


@pytest.fixture
def deploy(site: Path, bucket: str, distribution: str) -> Deploy:
    """Runs the command on the small site, the bucket and its distribution."""

    def run(*flags: str) -> int:
        where = ["--bucket", bucket, "--distribution", distribution]
        return main(["deploy", *where, "--site-dir", str(site), *flags])

    return run


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The calls that change something, in their order, with the key."""
    made: list[tuple[str, str]] = []
    build = boto3.client

    def client(*arguments: Any, **options: Any) -> Any:
        found = build(*arguments, **options)
        found.meta.events.register(
            "provide-client-params.*.*",
            lambda params, model, **_: made.append((model.name, params.get("Key", ""))),
        )
        return found

    monkeypatch.setattr(deploying.boto3, "client", client)
    return made


def keys(s3: "S3Client", bucket: str) -> set[str]:
    """Return what lies in the bucket."""
    return deploying.keys_in(s3, bucket)


def grow(site: Path, pages: int) -> None:
    """Add pages to a site and seal it anew."""
    for number in range(pages):
        (site / f"page-{number}.html").write_text("<h1>More</h1>", "utf-8")
    seal.put(site, RUN)


def shrink(site: Path, pages: int) -> None:
    """Remove pages that grow() added, and seal the site anew."""
    for path in sorted(site.glob("page-*.html"))[:pages]:
        path.unlink()
    seal.put(site, RUN)


# --- what a deployment does -----------------------------------------------------------


def test_the_site_reaches_the_bucket(
    deploy: Deploy, s3: "S3Client", bucket: str, distribution: str
) -> None:
    assert deploy() == 0

    assert keys(s3, bucket) == {*FILES, seal.NAME}
    page = s3.get_object(Bucket=bucket, Key="storage/index.html")
    assert page["Body"].read() == b"<h1>Storage</h1>"
    assert (page["ContentType"], page["CacheControl"]) == (TYPES[".html"], ASK_FIRST)
    script = s3.head_object(Bucket=bucket, Key=HASHED)
    assert script["ContentType"] == "text/javascript; charset=utf-8"
    assert script["CacheControl"] == "public, max-age=31536000, immutable"
    done = boto3.client("cloudfront").list_invalidations(DistributionId=distribution)
    assert done["InvalidationList"]["Quantity"] == 1


def test_pages_come_after_what_they_need_and_nothing_goes_before(
    deploy: Deploy, site: Path, calls: list[tuple[str, str]]
) -> None:
    assert deploy() == 0
    (site / "llms.txt").unlink()
    seal.put(site, RUN)
    calls.clear()
    assert deploy() == 0

    puts = [key for name, key in calls if name == "PutObject"]
    kinds = ["seal" if k == seal.NAME else k.endswith(".html") for k in puts]
    assert kinds == [*[False] * 4, *[True] * 4, "seal"]
    others = [name for name, _ in calls if name != "PutObject"]
    assert others == ["ListObjectsV2", "DeleteObjects", "CreateInvalidation"]
    assert calls[-2][0] == "DeleteObjects"


def test_what_is_gone_is_deleted(
    deploy: Deploy, site: Path, s3: "S3Client", bucket: str
) -> None:
    assert deploy() == 0
    (site / "assets/css/site.css").unlink()
    seal.put(site, RUN)

    assert deploy() == 0

    assert keys(s3, bucket) == {*FILES, seal.NAME} - {"assets/css/site.css"}


def test_more_than_a_thousand_files_are_deleted(
    deploy: Deploy, site: Path, s3: "S3Client", bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploying, "MOST_DELETED", 2)
    for number in range(5):
        (site / f"note-{number}.txt").write_text("", "utf-8")
    seal.put(site, RUN)
    assert deploy() == 0
    for path in site.glob("note-*.txt"):
        path.unlink()
    seal.put(site, RUN)

    assert deploy() == 0

    assert keys(s3, bucket) == {*FILES, seal.NAME}


def test_a_dry_run_changes_nothing(
    deploy: Deploy,
    site: Path,
    calls: list[tuple[str, str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert deploy() == 0
    for name in FILES:
        if name.startswith(("source/", "llms")):
            (site / name).unlink()
    seal.put(site, RUN)
    calls.clear()
    capsys.readouterr()

    assert deploy("--dry-run") == 0

    assert {name for name, _ in calls} == {"ListObjectsV2"}
    said = capsys.readouterr().out
    assert "would upload 7 files" in said
    gone = "llms.txt, source/examples/a.py, source/examples/page.html"
    assert f"would delete {gone}\n" in said


# --- what it refuses ------------------------------------------------------------------


@pytest.fixture
def refused(
    deploy: Deploy, calls: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., str]]:
    """Deploys, expects one line of refusal and no change, and returns the line."""

    def run(*flags: str) -> str:
        calls.clear()
        capsys.readouterr()
        assert deploy(*flags) == 1
        assert {name for name, _ in calls} <= {"ListObjectsV2"}
        said = capsys.readouterr().err
        assert said.startswith("guidance: ")
        assert said.count("\n") == 1
        return said

    yield run


def test_a_site_that_skipped_the_gate_is_refused(
    refused: Callable[..., str], site: Path
) -> None:
    (site / seal.NAME).unlink()

    assert "did not pass the gate: build it with `uv run guidance site`" in refused()


@pytest.mark.parametrize("change", ["edit", "add", "remove", "rename"])
def test_a_site_that_was_changed_later_is_refused(
    refused: Callable[..., str], site: Path, change: str
) -> None:
    page = site / "storage/index.html"
    if change == "edit":
        page.write_text("<h1>Other</h1>", "utf-8")
    elif change == "add":
        (site / "extra.html").write_text("", "utf-8")
    elif change == "remove":
        page.unlink()
    else:
        page.rename(page.with_name("other.html"))

    assert "was changed after it passed the gate" in refused()


@pytest.mark.parametrize("text", ["", "[]", '{"pages": 1}', "published"])
def test_a_faulty_seal_is_refused(refused: Callable[..., str], site: Path, text: str) -> None:
    (site / seal.NAME).write_text(text, "utf-8")

    assert "published.json is no seal" in refused()


def test_a_bucket_of_something_else_is_left_alone(
    refused: Callable[..., str], s3: "S3Client", bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="raw/readings/2026-11-23.json", Body=b"[]")

    assert "holds 1 objects that are not this site" in refused("--allow-fewer-pages")
    assert keys(s3, bucket) == {"raw/readings/2026-11-23.json"}


def test_a_site_that_lost_its_pages_is_refused(
    deploy: Deploy, refused: Callable[..., str], site: Path, s3: "S3Client", bucket: str
) -> None:
    grow(site, 7)  # 10 pages; the one under source/ is none
    assert deploy() == 0
    shrink(site, 3)

    said = refused()

    assert "the site has 7 pages" in said
    assert f"{bucket} has 10: if that is meant, pass --allow-fewer-pages" in said
    assert len(keys(s3, bucket)) == len(FILES) + 7 + 1
    assert "the site has 7 pages" in refused("--dry-run")
    assert deploy("--allow-fewer-pages") == 0
    assert len(keys(s3, bucket)) == len(FILES) + 4 + 1


def test_a_fifth_of_the_pages_may_go(
    deploy: Deploy, site: Path, s3: "S3Client", bucket: str
) -> None:
    grow(site, 7)
    assert deploy() == 0
    shrink(site, 2)

    assert deploy() == 0

    assert len(keys(s3, bucket)) == len(FILES) + 5 + 1


def test_a_file_of_unknown_type_is_refused(refused: Callable[..., str], site: Path) -> None:
    (site / "data.bin").write_bytes(b"\xff\xfe\x00")
    seal.put(site, RUN)

    assert "data.bin has no content type: add .bin to TYPES" in refused()


def test_a_bucket_that_does_not_exist_is_named(
    site: Path, distribution: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--bucket", "no-such-bucket", "--distribution", distribution]

    assert main(["deploy", *where, "--site-dir", str(site)]) == 1

    said = capsys.readouterr().err
    assert "no-such-bucket" in said
    assert "NoSuchBucket" in said
    assert said.count("\n") == 1


def test_a_distribution_that_does_not_exist_is_named(
    site: Path, bucket: str, distribution: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--bucket", bucket, "--distribution", distribution[::-1]]

    assert main(["deploy", *where, "--site-dir", str(site)]) == 1

    said = capsys.readouterr().err
    assert "NoSuchDistribution" in said
    assert "mend that, then run it again" in said


def test_a_file_that_cannot_be_deleted_is_named(
    deploy: Deploy,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert deploy() == 0
    (site / "llms.txt").unlink()
    seal.put(site, RUN)
    build = boto3.client

    def client(*arguments: Any, **options: Any) -> Any:
        found = build(*arguments, **options)
        denied = {"Errors": [{"Key": "llms.txt", "Message": "Access Denied"}]}
        monkeypatch.setattr(found, "delete_objects", lambda **_: denied, raising=False)
        return found

    monkeypatch.setattr(deploying.boto3, "client", client)

    assert deploy() == 1

    said = capsys.readouterr().err
    assert "1 files were not deleted, such as llms.txt: Access Denied" in said


# --- headers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("source/examples/page.html", "text/plain; charset=utf-8"),
        ("source/examples/site.js", "text/plain; charset=utf-8"),
        ("source/examples/load.sql", "text/plain; charset=utf-8"),
        ("source/examples/plot.png", "image/png"),
        ("sitemap.xml.gz", "application/gzip"),
        ("storage/index.md", "text/markdown; charset=utf-8"),
        ("CNAME", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_has_its_type(tmp_path: Path, key: str, kind: str) -> None:
    path = tmp_path / Path(key).name
    path.write_text("text", "utf-8")

    assert content_type(key, path) == kind


@pytest.mark.parametrize(
    ("key", "how_long"),
    [
        (HASHED, "public, max-age=31536000, immutable"),
        (f"{HASHED}.map", "public, max-age=31536000, immutable"),
        ("assets/fonts/hyperlegible.woff2", "public, max-age=86400"),
        ("index.html", "no-cache"),
        ("assets/css/site.css", "no-cache"),
        ("search/search_index.json", "no-cache"),
    ],
)
def test_a_file_is_kept_as_long_as_it_stays_the_same(key: str, how_long: str) -> None:
    assert cache_control(key) == how_long


# --- the seal -------------------------------------------------------------------------


def test_the_seal_says_of_what_the_site_is(site: Path) -> None:
    found = seal.read(site)

    assert (found.commit, found.is_clean, found.pages) == ("c0ffee", True, 3)
    assert found.tested_at == "2026-11-23T12:00:00+00:00"
    written = json.loads((site / seal.NAME).read_text("utf-8"))
    assert written["sha256"] == found.sha256
    assert seal.put(site, RUN) == found


class _Gate:
    """A gate that has nothing to say, or one thing."""

    def __init__(self, *problems: str) -> None:
        self._problems = list(problems)

    def problems(self, _: Path | None = None) -> list[str]:
        """Return what is wrong with any site."""
        return self._problems


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["index.html: has no title"], 1)])
def test_guidance_site_seals_only_what_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: list[str], code: int
) -> None:
    def build(folder: Path, *, only_full_run: bool) -> None:
        assert only_full_run, "what authors ran since is not for publishing"
        folder.mkdir()
        (folder / "index.html").write_text("<h1>Home</h1>", "utf-8")

    evidence = Evidence(run=dict(RUN), blocks={"a": Block("", "executed")})
    monkeypatch.setattr(publish, "read", lambda _: evidence)
    monkeypatch.setattr(publish, "build", build)
    monkeypatch.setattr(publish, "Gate", lambda *_: _Gate(*problems))
    monkeypatch.setattr(publish, "built_site", lambda _: _Gate())
    site = tmp_path / "site"

    assert publish.publish(site) == code

    assert site.exists() == (not problems)
    if not problems:
        assert seal.read(site).commit == "c0ffee"
