"""Proofs of docs/lifecycle/ci-cd.md: this site, then the workflows of a pipeline."""

import base64
import copy
import functools
import hashlib
import importlib.metadata
import io
import ipaddress
import json
import os
import re
import runpy
import secrets
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import dukpy
import psycopg
import pytest
import tree_sitter_javascript
import yaml
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tree_sitter import Language, Node, Parser

from guidance.engines import AwsEngine, EngineError, environment, ministack
from guidance.engines.aws import REGION
from guidance.engines.terraform import Workspace, misformatted
from guidance.evidence import (
    load_example,
    prove_file,
    prove_plan,
    prove_tests,
    regions,
    run_shell,
    twins,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.evidence.workflows import audit_workflows, prove_audited
from guidance.paths import EXAMPLES, ROOT

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline

HERE = "lifecycle/ci-cd/static-site"
FUNCTION = f"examples/{HERE}/function/viewer-request.js"
CLOSED = "var ALLOWED_NETWORKS = [];"
CHECKOV = "checkov@3.3.30"
QUIETLY = "--framework terraform --compact --quiet --skip-download --output json".split()

ISSUER = "token.actions.githubusercontent.com"
SETTINGS = {
    "name": "guidance-site",
    "allowed_networks": ["203.0.113.0/24", "2001:db8:1::/48"],
    "github_repository": "example-council@1234/guidance@5678",
    "github_environment": "production",
    "github_oidc_provider_arn": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}",
}

type Make = Callable[..., Workspace]


def filled(networks: Iterable[str]) -> str:
    """Return the function as Terraform fills it in; a test compares it with the plan."""
    code = (ROOT / FUNCTION).read_text("utf-8")
    listed = json.dumps(list(networks), separators=(",", ":"))
    return code.replace(CLOSED, f"var ALLOWED_NETWORKS = {listed};")


# --- the function that CloudFront runs ------------------------------------------------
#
# QuickJS runs it here; CloudFront's engine cannot be had. Lines of JavaScript are not
# measured, so there is a test for each branch.

OFFICE = "203.0.113.7"
ELSEWHERE = "198.51.100.7"
CALL = """
var event = dukpy.event;
event.request.rawQueryString = function () { return dukpy.query; };
handler(event);
"""


def run_js(code: str, **values: Any) -> Any:
    """Run the function's code, and note it for the blocks that show it."""
    tool = f"QuickJS in dukpy {importlib.metadata.version('dukpy')}"
    for ref in regions.refs_in(ROOT / FUNCTION):
        RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.EMULATED, tool))
    return dukpy.evaljs(code, **values)


def answer(
    ip: str | None,
    uri: str = "/",
    query: str = "",
    networks: Iterable[str] = SETTINGS["allowed_networks"],
) -> dict[str, Any]:
    """Return what the function makes of a request: a request, or a response."""
    request = {"uri": uri, "headers": {"host": {"value": "guidance.example.gov.uk"}}}
    event = {"viewer": {"ip": ip}, "request": request}
    found: dict[str, Any] = run_js(filled(networks) + CALL, event=event, query=query)
    return found


def is_denied(reply: dict[str, Any]) -> bool:
    """Whether a request was answered with 403, and is not passed on."""
    return reply.get("statusCode") == 403 and "uri" not in reply


@pytest.mark.parametrize(
    "ip",
    [
        OFFICE,
        "203.0.113.0",
        "203.0.113.255",
        "2001:db8:1::",
        "2001:DB8:1:ffff:ffff:ffff:ffff:ffff",
        "2001:0db8:0001:0000:0000:0000:0000:0001",
    ],
)
def test_the_allowed_networks_get_in(ip: str) -> None:
    assert answer(ip)["uri"] == "/index.html"


@pytest.mark.parametrize(
    "ip",
    [
        ELSEWHERE,
        "203.0.112.255",
        "203.0.114.0",
        "2001:db8:2::1",
        "2001:db8::1",
        "::1",
        "::ffff:203.0.113.7",
        "203.0.113",
        "203.0.113.7.7",
        "203.0.113.7x",
        " 203.0.113.7",
        "cb:0:71::1",
        "2001:db8:1:",
        "2001:db8:1::1::1",
        "2001:db8:1::1%eth0",
        "2001:db8:1:0:0:0:0:0:1",
        "1:2:3:4:5:6:7:8::9",
        "::",
        "office",
        "",
        None,
    ],
)
def test_everybody_else_is_denied(ip: str | None) -> None:
    reply = answer(ip)

    assert is_denied(reply)
    assert reply["headers"]["cache-control"]["value"] == "no-store"
    assert "noindex" in reply["headers"]["x-robots-tag"]["value"]


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("203.0.113.9/32", "203.0.113.9", "203.0.113.8"),
        ("203.0.113.128/25", "203.0.113.200", "203.0.113.100"),
        ("203.0.112.0/20", "203.0.127.255", "203.0.128.0"),
        ("203.0.0.0/16", "203.0.200.1", "203.1.0.1"),
        ("2001:db8::a/128", "2001:db8:0:0:0:0:0:a", "2001:db8::b"),
        ("2001:db8:a::/48", "2001:db8:a:1::", "2001:db8:b::"),
        ("2001:db8:a:8000::/49", "2001:db8:a:ffff::1", "2001:db8:a:7fff::1"),
        ("2001:db8::/32", "2001:db8:ffff::", "2001:db9::"),
        ("::1:0:0/96", "::1:2:3", "::2:2:3"),
    ],
)
def test_a_network_is_as_wide_as_its_prefix_says(
    network: str, inside: str, outside: str
) -> None:
    assert answer(inside, networks=[network])["uri"] == "/index.html"
    assert is_denied(answer(outside, networks=[network]))


@pytest.mark.parametrize("ip", [OFFICE, "2001:db8:1::1", "10.0.0.1", "127.0.0.1", "::1"])
@pytest.mark.parametrize("uri", ["/", "/index.html", "/storage"])
def test_an_empty_list_denies_everybody(ip: str, uri: str) -> None:
    assert is_denied(answer(ip, uri, networks=[]))


@pytest.mark.parametrize(
    "network",
    ["203.0.113.0", "203.0.113.0/", "203.0.113.0/0", "203.0.113.0/x", "/24", "", "offices/24"],
)
def test_a_faulty_network_lets_nobody_in(network: str) -> None:
    """Terraform refuses such a list; the function does not rely on it."""
    assert is_denied(answer(OFFICE, networks=[network]))


def addresses() -> SearchStrategy[str]:
    """Addresses of both kinds, so few that many are within a network."""
    near = st.integers(0, 3)
    v4 = st.tuples(near, st.sampled_from([0, 6, 8, 14])).map(
        lambda pair: str(ipaddress.IPv4Address(0xCB007000 + (pair[0] << pair[1])))
    )
    v6 = st.tuples(near, st.sampled_from([0, 15, 16, 63, 80, 94])).map(
        lambda pair: ipaddress.IPv6Address((0x20010DB8 << 96) + (pair[0] << pair[1]))
    )
    return v4 | v6.map(str) | v6.map(lambda ip: ip.exploded)


@st.composite
def networks(draw: st.DrawFn) -> str:
    """Networks of both kinds, as wide as Terraform lets them be."""
    ip = ipaddress.ip_address(draw(addresses()))
    bits = draw(st.integers(16, 32) if ip.version == 4 else st.integers(32, 128))
    return str(ipaddress.ip_network((ip, bits), strict=False))


@settings(max_examples=30, deadline=None)
@given(st.lists(addresses(), min_size=10, max_size=10), st.lists(networks(), max_size=3))
def test_it_agrees_with_the_standard_library(ips: list[str], allowed: list[str]) -> None:
    known = [ipaddress.ip_network(network) for network in allowed]

    found = run_js(filled(allowed) + "dukpy.ips.map(isAllowed)", ips=ips)

    expected = [any(ipaddress.ip_address(ip) in network for network in known) for ip in ips]
    assert found == expected


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("/", "/index.html"),
        ("/storage/", "/storage/index.html"),
        ("/v1.2/", "/v1.2/index.html"),
        ("/index.html", "/index.html"),
        ("/assets/css/site.css", "/assets/css/site.css"),
        ("/sitemap.xml.gz", "/sitemap.xml.gz"),
        ("/.well-known/security.txt", "/.well-known/security.txt"),
    ],
)
def test_a_page_of_a_folder_is_found(uri: str, found: str) -> None:
    reply = answer(OFFICE, uri, "q=utc+bst")

    assert reply["uri"] == found
    assert "statusCode" not in reply


@pytest.mark.parametrize(
    ("uri", "query", "location"),
    [
        ("/storage", "", "/storage/"),
        ("/storage/s3", "q=utc+bst&q=a%26b&empty=", "/storage/s3/?q=utc+bst&q=a%26b&empty="),
        ("//elsewhere.example/a", "", "//elsewhere.example/a/"),
        ("/\\elsewhere", "", "/\\elsewhere/"),
    ],
)
def test_a_folder_without_its_slash_is_redirected(uri: str, query: str, location: str) -> None:
    reply = answer(OFFICE, uri, query)

    assert reply["statusCode"] == 301
    host = "https://guidance.example.gov.uk"
    assert reply["headers"]["location"]["value"] == host + location


# What CloudFront's documentation says of its engine: all of ECMAScript 5.1, parts of
# later ones. QuickJS knows all of them, so the text itself is looked at.
SYNTAX = frozenset(
    """
    arguments array assignment_expression augmented_assignment_expression
    binary_expression call_expression comment else_clause escape_sequence
    expression_statement for_statement formal_parameters function_declaration
    function_expression identifier if_statement member_expression null false true number
    object pair parenthesized_expression program property_identifier regex regex_flags
    regex_pattern return_statement sequence_expression statement_block string string_fragment
    subscript_expression ternary_expression unary_expression update_expression
    variable_declaration variable_declarator while_statement
    """.split()
)
METHODS = frozenset(
    "concat indexOf lastIndexOf map max push rawQueryString some split substring test".split()
)


def foreign(code: str) -> set[str]:
    """Return what of a script is not plain ECMAScript 5.1."""
    found = set()
    nodes = [
        Parser(Language(tree_sitter_javascript.language())).parse(code.encode()).root_node
    ]
    while nodes:
        node = nodes.pop()
        if node.is_named and node.type not in SYNTAX:
            found.add(node.type)
        if node.type == "call_expression" and (method := _method(node)) not in METHODS:
            found.add(method)
        nodes.extend(node.children)
    return found - {""}


def _method(call: Node) -> str:
    called = call.child_by_field_name("function")
    name = called.child_by_field_name("property") if called else None
    return (name.text or b"").decode() if name else ""


def test_cloudfronts_engine_knows_the_language() -> None:
    assert foreign((ROOT / FUNCTION).read_text("utf-8")) == set()

    assert "lexical_declaration" in foreign("let a = 1;")
    assert "arrow_function" in foreign("f(function () { return x => x; });")
    assert "for_in_statement" in foreign("for (var x of xs) {}")
    assert "padStart" in foreign("'a'.padStart(4, '0');")


# --- the module, planned --------------------------------------------------------------


def faults(resources: dict[str, dict[str, Any]]) -> list[str]:
    """Return what would open a planned site, or the role that deploys it."""
    site = resources["aws_cloudfront_distribution.site"]
    access = resources["aws_s3_bucket_public_access_block.site"]
    trust = json.loads(resources["aws_iam_role.deploy"]["assume_role_policy"])
    headers = resources["aws_cloudfront_response_headers_policy.site"]
    security = headers["security_headers_config"][0]
    behaviours = [*site["default_cache_behavior"], *site["ordered_cache_behavior"]]
    certificate = site["viewer_certificate"][0]
    checks = {
        "a behaviour has no function": all(
            [one["event_type"] for one in behaviour["function_association"]]
            == ["viewer-request"]
            for behaviour in behaviours
        ),
        "a behaviour serves clear text": all(
            behaviour["viewer_protocol_policy"] in {"redirect-to-https", "https-only"}
            for behaviour in behaviours
        ),
        "the bucket can be made public": all(
            access[name]
            for name in (
                "block_public_acls",
                "block_public_policy",
                "ignore_public_acls",
                "restrict_public_buckets",
            )
        ),
        "the bucket does not keep old versions": resources["aws_s3_bucket_versioning.site"][
            "versioning_configuration"
        ][0]["status"]
        == "Enabled",
        "the origin is asked without signing": resources[
            "aws_cloudfront_origin_access_control.site"
        ]["signing_behavior"]
        == "always",
        "somebody else may take the role": [
            statement["Condition"] for statement in trust["Statement"]
        ]
        == [
            {
                "StringEquals": {
                    f"{ISSUER}:aud": "sts.amazonaws.com",
                    f"{ISSUER}:sub": "repo:example-council@1234/guidance@5678"
                    ":environment:production",
                }
            }
        ],
        "search engines may list it": any(
            (item["header"], item["value"]) == ("X-Robots-Tag", "noindex, nofollow")
            for item in headers["custom_headers_config"][0]["items"]
        ),
        "it can be framed": "frame-ancestors 'none'"
        in security["content_security_policy"][0]["content_security_policy"]
        and security["frame_options"][0]["frame_option"] == "DENY",
        "other sites learn where readers come from": security["referrer_policy"][0][
            "referrer_policy"
        ]
        == "same-origin",
        "a page may ask for the camera": any(
            item["header"] == "Permissions-Policy" and "camera=()" in item["value"]
            for item in headers["custom_headers_config"][0]["items"]
        ),
        "its types can be guessed": bool(security["content_type_options"]),
        "it may be asked for in clear text": security["strict_transport_security"][0][
            "access_control_max_age_sec"
        ]
        >= 31_536_000,
        "old TLS reaches its own domain": not site["aliases"]
        or certificate["minimum_protocol_version"] == "TLSv1.2_2021",
    }
    return [fault for fault, is_well in checks.items() if not is_well]


def break_function(resources: dict[str, Any]) -> None:
    """Take the function off."""
    site = resources["aws_cloudfront_distribution.site"]
    site["default_cache_behavior"][0]["function_association"] = []


def break_second_behaviour(resources: dict[str, Any]) -> None:
    """Add a behaviour that forgot the function."""
    site = resources["aws_cloudfront_distribution.site"]
    assets = copy.deepcopy(site["default_cache_behavior"][0])
    site["ordered_cache_behavior"] = [assets | {"function_association": []}]


def break_subject(resources: dict[str, Any]) -> None:
    """Let every repository of the organisation deploy."""
    role = resources["aws_iam_role.deploy"]
    role["assume_role_policy"] = role["assume_role_policy"].replace(
        "guidance@5678:environment:production", "*"
    )


def break_bucket(resources: dict[str, Any]) -> None:
    """Allow policies that make the bucket public."""
    resources["aws_s3_bucket_public_access_block.site"]["block_public_policy"] = False


def headers_of(resources: dict[str, Any]) -> Any:
    """Return the headers policy."""
    return resources["aws_cloudfront_response_headers_policy.site"]


def break_robots(resources: dict[str, Any]) -> None:
    """Forget the header for search engines."""
    custom = headers_of(resources)["custom_headers_config"][0]
    custom["items"] = [i for i in custom["items"] if i["header"] != "X-Robots-Tag"]


def break_camera(resources: dict[str, Any]) -> None:
    """Forget the header for cameras and the like."""
    custom = headers_of(resources)["custom_headers_config"][0]
    custom["items"] = [i for i in custom["items"] if i["header"] != "Permissions-Policy"]


def break_referrer(resources: dict[str, Any]) -> None:
    """Tell other sites everything."""
    security = headers_of(resources)["security_headers_config"][0]
    security["referrer_policy"][0]["referrer_policy"] = "unsafe-url"


def break_types(resources: dict[str, Any]) -> None:
    """Let browsers guess types."""
    headers_of(resources)["security_headers_config"][0]["content_type_options"] = []


def break_frames(resources: dict[str, Any]) -> None:
    """Let our own pages frame it."""
    security = headers_of(resources)["security_headers_config"][0]
    security["frame_options"][0]["frame_option"] = "SAMEORIGIN"


BROKEN = {
    break_function: "a behaviour has no function",
    break_second_behaviour: "a behaviour has no function",
    break_subject: "somebody else may take the role",
    break_bucket: "the bucket can be made public",
    break_robots: "search engines may list it",
    break_camera: "a page may ask for the camera",
    break_referrer: "other sites learn where readers come from",
    break_types: "its types can be guessed",
    break_frames: "it can be framed",
}


def test_the_site_is_planned_and_closed(terraform: Make) -> None:
    workspace = terraform(HERE)
    plan = workspace.plan(SETTINGS)
    prove_plan(plan, f"examples/{HERE}")

    code = plan.resources["aws_cloudfront_function.viewer_request"]["code"]
    assert code == filled(SETTINGS["allowed_networks"]) != filled([])
    assert len(code) < 10_240
    assert faults(plan.resources) == []
    assert set(map(tuple, plan.changes.values())) == {("create",)}
    for broken, fault in BROKEN.items():
        resources = copy.deepcopy(plan.resources)
        broken(resources)
        assert faults(resources) == [fault]


def test_the_modules_own_tests_pass(terraform: Make) -> None:
    workspace = terraform(HERE)

    prove_tests(workspace, f"examples/{HERE}")

    assert RECORDER.current is not None
    proved = {proof.ref for proof in RECORDER.current.proofs}
    assert f"examples/{HERE}/tests/access.tftest.hcl" in proved


def test_terraform_is_formatted() -> None:
    try:
        found = misformatted(EXAMPLES)
    except EngineError as error:
        pytest.skip(str(error))
    assert found == []


# --- the module, applied as far as moto goes ------------------------------------------

UNKNOWN_TO_MOTO = {
    "aws_cloudfront_function": {"viewer_request": {"count": 0}},
    "aws_cloudfront_response_headers_policy": {"site": {"count": 0}},
    "aws_cloudfront_distribution": {
        "site": {
            "wait_for_deployment": False,
            "default_cache_behavior": {
                "target_origin_id": "bucket",
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": ["GET", "HEAD"],
                "cached_methods": ["GET", "HEAD"],
                "cache_policy_id": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                "compress": True,
            },
        }
    },
}


@pytest.fixture
def moto(aws_engine: AwsEngine) -> AwsEngine:
    """The emulator, if it is the one that knows CloudFront."""
    if aws_engine.name != "moto":
        pytest.skip(f"{aws_engine.name} has no CloudFront: run it with moto")
    return aws_engine


@pytest.mark.audit
def test_the_rest_is_applied_and_does_not_drift(moto: AwsEngine, terraform: Make) -> None:
    workspace = terraform(HERE, UNKNOWN_TO_MOTO)
    workspace.plan(SETTINGS)
    workspace.apply()
    second = workspace.plan(SETTINGS)
    site = boto3.client("cloudfront").list_distributions()["DistributionList"]["Items"][0]
    policy = boto3.client("iam").get_role_policy(
        RoleName="guidance-site-deploy", PolicyName="deploy"
    )["PolicyDocument"]
    reads = boto3.client("s3", region_name=REGION).get_bucket_policy(Bucket="guidance-site")
    workspace.destroy()

    # moto forgets a distribution's origin access control, and says so at each plan.
    assert second.changes.keys() == {"aws_cloudfront_distribution.site"}
    arn, bucket = site["ARN"], "arn:aws:s3:::guidance-site"
    allowed = [(s["Action"], s["Resource"]) for s in policy["Statement"]]
    assert allowed == [
        (["s3:PutObject", "s3:DeleteObject"], f"{bucket}/*"),
        ("s3:ListBucket", bucket),
        ("cloudfront:CreateInvalidation", arn),
    ]
    statements = json.loads(reads["Policy"])["Statement"]
    assert [s["Effect"] for s in statements] == ["Allow", "Allow", "Deny"]
    for statement in statements[:2]:
        assert statement["Condition"] == {"StringEquals": {"AWS:SourceArn": arn}}


@pytest.mark.audit
def test_moto_cannot_publish_a_function_yet(moto: AwsEngine) -> None:
    """Fails once it can: then apply the whole module above."""
    client = boto3.client("cloudfront", region_name=REGION)
    with pytest.raises(ClientError) as refused:
        client.publish_function(Name="any", IfMatch="any")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.audit
def test_checkov_finds_what_is_said_not_to_fit_and_nothing_else(tmp_path: Path) -> None:
    uvx = shutil.which("uvx")
    if uvx is None or subprocess.run([uvx, CHECKOV, "--version"], check=False).returncode:
        pytest.skip(f"{CHECKOV} cannot be installed here by uvx")
    config = (EXAMPLES / HERE / ".checkov.yaml").read_text("utf-8")
    skipped = yaml.safe_load(config)["skip-check"]
    bare = tmp_path / "bare"
    shutil.copytree(EXAMPLES / HERE, bare, ignore=shutil.ignore_patterns(".checkov.yaml"))

    assert set(failed_checks(uvx, bare)) == set(skipped)
    assert failed_checks(uvx, EXAMPLES / HERE) == []
    assert len(re.findall(r"^  - CKV\w+ # \w.{20,}$", config, re.MULTILINE)) == len(skipped)


def failed_checks(uvx: str, folder: Path) -> list[str]:
    """Return what checkov, in an environment of its own, finds in a folder."""
    done = subprocess.run(
        [uvx, CHECKOV, "--directory", str(folder), *QUIETLY],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stderr
    failed = json.loads(done.stdout).get("results", {}).get("failed_checks", [])
    return [found["check_id"] for found in failed]


# --- the rules that a workflow keeps --------------------------------------------------

PAGE = "lifecycle/ci-cd"
PIPELINE = EXAMPLES / "river-levels-etl"
WORKFLOWS = PIPELINE / ".github" / "workflows"
BIN = Path(sys.executable).parent


def example(name: str) -> Any:
    """Load a Python example of this page."""
    return load_example(f"{PAGE}/{name}.py")


@functools.cache
def findings() -> dict[Path, set[str]]:
    """Return what zizmor finds in each workflow; the schema has passed all."""
    return audit_workflows(EVERY)


def audited(*paths: Path) -> set[str]:
    """Return what zizmor finds in workflows, and note that it read them."""
    for path in paths:
        prove_audited(path)
    return {ident for path in paths for ident in findings()[path]}


def found_in(text: str) -> list[str]:
    """Return the rules that a workflow breaks."""
    return [fault.split()[0] for fault in example("check_workflows").faults(text)]


SOUND = [*sorted(WORKFLOWS.glob("*.yml")), EXAMPLES / PAGE / "title.yml"]
EVERY = [*SOUND, *(EXAMPLES / PAGE).glob("wrong/*.yml"), EXAMPLES / PAGE / "github-pages.yml"]


@pytest.mark.rule("CD-3", "CD-9")
def test_our_workflows_keep_the_rules(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {path.name for path in SOUND}
    pipelines = {"deploy.yml", "plan.yml", "promote.yml", "scheduled.yml", "test.yml"}
    assert names == pipelines | {"title.yml"}
    assert audited(*SOUND) == set()
    monkeypatch.setattr(sys, "argv", ["check_workflows.py", *map(str, SOUND)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLES / PAGE / "check_workflows.py"), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == "the workflows keep the rules\n"


def test_the_variant_for_pages_keeps_the_rules() -> None:
    """Its step is run in tests/site/test_workflows.py."""
    path = EXAMPLES / PAGE / "github-pages.yml"

    assert audited(path) == set()
    assert found_in(path.read_text("utf-8")) == []


def test_the_actions_are_those_of_this_repository() -> None:
    ours = {
        name: sha
        for path in (ROOT / ".github/workflows").glob("*.yml")
        for name, sha in re.findall(r"uses: ([\w/-]+)@([0-9a-f]{40})", path.read_text("utf-8"))
    }
    for path in SOUND:
        text = path.read_text("utf-8")
        for name, sha in re.findall(r"uses: ([\w/-]+)@([0-9a-f]{40})", text):
            assert ours[name] == sha, f"{path.name}: {name}"


@pytest.mark.rule("CD-2")
def test_every_role_is_taken_in_an_environment_and_for_minutes() -> None:
    takers = {}
    for path in SOUND:
        text = path.read_text("utf-8")
        assert found_in(text) == []
        for name, job in yaml.safe_load(text)["jobs"].items():
            for step in job.get("steps", []):
                if "configure-aws-credentials" in step.get("uses", ""):
                    takers[name] = (job["environment"], step["with"])
    assert set(takers) == {"plan", "promote", "load"}
    for environment_name, options in takers.values():
        assert environment_name in {"plan", "schedule", "${{ inputs.environment }}"}
        assert options["role-to-assume"].startswith("${{ vars.")
        assert options["role-duration-seconds"] <= 3600
        assert not {"aws-access-key-id", "aws-secret-access-key"} & set(options)


ROLE = "          role-to-assume: ${{ vars.DEPLOY_ROLE }}\n"
BREAKS = [
    ("CD-2", "promote", "role-duration-seconds: 900", "role-duration-seconds: 43200"),
    ("CD-2", "promote", "    environment: ${{ inputs.environment }}\n", ""),
    ("CD-2", "promote", ROLE, ROLE + "          x: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n"),
    ("CD-3", "deploy", "permissions: {}\n", "permissions: write-all\n"),
    ("CD-3", "title", "    permissions: {}\n", "    permissions: {id-token: write}\n"),
    ("CD-3", "title", "    permissions: {}\n", "    permissions: write-all\n"),
    ("CD-3", "test", "          persist-credentials: false\n", "          clean: true\n"),
    ("CD-4", "plan", re.compile("checkout@[0-9a-f]{40}"), "checkout@v5"),
    ("CD-5", "promote", "cancel-in-progress: false", "cancel-in-progress: true"),
    ("CD-9", "test", "ubuntu-24.04", "ubuntu-latest"),
    ("CD-9", "title", "    timeout-minutes: 5\n", ""),
    ("CD-11", "test", "  pull_request:\n", "  pull_request_target:\n"),
    ("CD-12", "title", '"$TITLE"', '"${{ github.event.pull_request.title }}"'),
]


@pytest.mark.parametrize(
    ("rule", "name", "old", "new"),
    [pytest.param(*row, marks=pytest.mark.rule(row[0])) for row in BREAKS],
)
def test_each_break_is_found(
    rule: str, name: str, old: str | re.Pattern[str], new: str
) -> None:
    path = next(path for path in SOUND if path.stem == name)
    text = path.read_text("utf-8")
    changed = re.sub(old, new, text) if isinstance(old, re.Pattern) else text.replace(old, new)
    assert changed != text
    assert found_in(text) == []

    assert set(found_in(changed)) == {rule}


@pytest.mark.rule("CD-4")
def test_a_tag_moves_and_a_commit_does_not(tmp_path: Path) -> None:
    """The harm itself: git fetches what the name means today."""
    action = tmp_path / "publish-report"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", action.name)
    (action / "run.sh").write_text("echo report\n", "utf-8")
    commit(action, "feat: publish")
    git(action, "tag", "v1")
    pinned = git(action, "rev-parse", "HEAD").strip()
    (action / "run.sh").write_text("echo your secrets, please\n", "utf-8")
    commit(action, "chore: nothing")
    git(action, "tag", "--force", "v1")

    def runs_what_was_reviewed(path: Path) -> None:
        audited(path)
        text = path.read_text("utf-8")
        for name in re.findall(r"uses: [\w/-]+@(\S+)", text):
            wanted = pinned if re.fullmatch("[0-9a-f]{40}", name) else name
            code = git(action, "show", f"{wanted}:run.sh")
            assert code == "echo report\n", f"{name} runs: {code.strip()}"

    twins(
        runs_what_was_reviewed,
        good=WORKFLOWS / "test.yml",
        bad=EXAMPLES / PAGE / "wrong/moving_tag.yml",
        harm="v1 runs: echo your secrets, please",
    )
    assert "unpinned-uses" in audited(EXAMPLES / PAGE / "wrong/moving_tag.yml")


# --- the steps, run here --------------------------------------------------------------

UV = """\
#!/usr/bin/env bash
# run: the same tool from this environment. pip install -r: nothing. The rest is real.
case "$1 $*" in
  run\\ *) shift
    while [[ "$1" == --* ]]; do [ "$1" = --extra ] && shift; shift; done
    exec "$@" ;;
  pip\\ *--requirement*) mkdir -p build/lambda ;;
  *) exec "$REAL_UV" "$@" ;;
esac
"""
UVX = '#!/usr/bin/env bash\nshift\nexec ruff "$@"\n'
NOTHING = "#!/usr/bin/env bash\n"
AWS = '#!/usr/bin/env bash\nexec {python} -S {client} {socket} "$@"\n'
AWS_CLIENT = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    call = [sys.argv[2:], os.getcwd(), dict(os.environ)]
    socket.send_fds(server, [b"!"], [0, 1, 2])
    server.sendall(json.dumps(call).encode() + b"\\n")
    sys.exit(int(server.makefile().readline()))
"""
AWS_SERVER = """\
# The real AWS CLI, imported once: a fork for each call.
import json, os, socket, sys
from awscli.clidriver import main
with socket.socket(socket.AF_UNIX) as server:
    server.bind(sys.argv[1])
    server.listen()
    print("ready", flush=True)
    while True:
        client, _ = server.accept()
        _, fds, _, _ = socket.recv_fds(client, 1, 3)
        arguments, folder, variables = json.loads(client.makefile().readline())
        pid = os.fork()
        if pid == 0:
            for number, fd in enumerate(fds):
                os.dup2(fd, number)
            os.chdir(folder)
            its_own = os.environ["AWS_DATA_PATH"]
            os.environ.clear()
            os.environ.update(variables, AWS_DATA_PATH=its_own)
            sys.argv = ["aws", *arguments]
            code = main()
            sys.stdout.flush()
            os._exit(code or 0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        for fd in fds:
            os.close(fd)
        client.sendall(f"{code}\\n".encode())
        client.close()
"""


def program(folder: Path, name: str, text: str) -> None:
    """Write a program that stands in for another one."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="\n")
    path.chmod(0o755)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """PATH with stand-ins first: see UV; `aws` is the real one, warmed up."""
    folder = tmp_path_factory.mktemp("bin")
    program(folder, "uv", UV)
    program(folder, "uvx", UVX)
    program(folder, "pip", NOTHING)
    process = None
    if hasattr(os, "fork"):
        socket_path = folder / "aws.socket"
        (folder / "client.py").write_text(AWS_CLIENT, "utf-8")
        text = AWS.format(
            python=sys.executable, client=folder / "client.py", socket=socket_path
        )
        program(folder, "aws", text)
        process = subprocess.Popen(
            [sys.executable, "-c", AWS_SERVER, str(socket_path)],
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")},
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    yield os.pathsep.join([str(folder), str(BIN), os.environ["PATH"]])
    if process:
        process.kill()
        process.communicate()


IGNORED = shutil.ignore_patterns(".venv", "__pycache__", "target", "logs", ".*_cache", "build")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the reference pipeline; of its unit tests, one file."""
    place = tmp_path / "river-levels-etl"
    shutil.copytree(PIPELINE, place, ignore=IGNORED)
    for path in (place / "tests/unit").glob("*.py"):
        if path.name != "test_windows.py":
            path.unlink()
    return place


@pytest.fixture
def variables(tools: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of steps, besides what they set themselves."""
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    return {"PATH": tools, "REAL_UV": uv, "UV_PROJECT_ENVIRONMENT": str(BIN.parent)}


def in_copy(repository: Path, choice: str) -> dict[str, str]:
    """Return what makes pytest test the copy, and only some of its tests."""
    return {
        "PYTHONPATH": str(repository / "src"),
        "PYTEST_ADDOPTS": f'-p no:cacheprovider -x -k "{choice}"',
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def outcomes(steps: Iterable[Any]) -> dict[str, str]:
    """Return how each step ended."""
    return {step.name: step.outcome for step in steps}


STEADY = """\
import hypothesis

hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.load_profile("steady")
"""
FAST = ["Lint", "Unit tests", "Models"]
WINDOWS = "src/river_levels/windows.py"
BUGS = {
    "Lint": (WINDOWS, "from typing import Self\n", "import json\nfrom typing import Self\n"),
    "Unit tests": (WINDOWS, ".astimezone(UTC)", ".replace(tzinfo=UTC)"),
}


@pytest.mark.rule("CD-1")
def test_the_fast_steps_run_and_a_bug_stops_at_its_step(
    repository: Path, variables: dict[str, str]
) -> None:
    job = example("local_run").Job(WORKFLOWS / "test.yml", "fast", {})
    (repository / "tests/conftest.py").write_text(STEADY, "utf-8")  # loads less
    variables |= in_copy(repository, "test_windows")
    prove_file(
        WORKFLOWS / "test.yml",
        Level.VALIDATED,
        "each step run by bash, with stand-ins for uv and pip",
    )

    ran = job.run(repository, **variables)
    found = outcomes(ran)

    assert [found[name] for name in FAST] == ["success"] * 3, [step.text for step in ran]
    for failing, (name, old, new) in BUGS.items():
        path = repository / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        steps = outcomes(job.run(repository, **variables))
        path.write_text(text, "utf-8")
        last = FAST.index(failing)
        expected = ["success"] * last + ["failure"] + ["skipped"] * (2 - last)
        assert [steps[step] for step in FAST] == expected, failing


@pytest.mark.rule("CD-1")
def test_the_integration_step_runs_on_the_services(
    repository: Path, variables: dict[str, str], postgres_url: str, aws_engine: AwsEngine
) -> None:
    job = example("local_run").Job(WORKFLOWS / "test.yml", "integration", {})
    services = {"DATABASE_URL": postgres_url, "AWS_ENDPOINT_URL": aws_engine.endpoint_url}
    variables |= in_copy(repository, "second_time or cannot_be_loaded")

    steps = {step.name: step for step in job.run(repository, **variables, **services)}

    assert steps["Integration tests"].outcome == "success"
    assert "2 passed" in steps["Integration tests"].text


MAIN_TF = """\
variable "environment" {
  type = string
}

resource "terraform_data" "bucket" {
  input = "river-levels-data-raw-${var.environment}"
}
"""
TESTS_HCL = """\
variables {
  environment = "development"
}

run "the_bucket_is_named_after_its_environment" {
  command = plan

  assert {
    condition     = terraform_data.bucket.input == "river-levels-data-raw-development"
    error_message = "another name"
  }
}
"""


@pytest.mark.rule("CD-1")
def test_the_plan_says_what_would_change(tmp_path: Path, variables: dict[str, str]) -> None:
    """With a configuration that needs no provider in the place of infra/."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    infra = tmp_path / "infra"
    (infra / "tests").mkdir(parents=True)
    (infra / "envs").mkdir()
    (infra / "main.tf").write_text(MAIN_TF, "utf-8")
    (infra / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n', "utf-8")
    (infra / "tests/names.tftest.hcl").write_text(TESTS_HCL, "utf-8")
    (infra / "envs/development.tfvars").write_text('environment = "development"\n', "utf-8")
    (infra / "envs/development.s3.tfbackend").write_text('path = "dev.tfstate"\n', "utf-8")
    local_run = example("local_run")

    checked = local_run.Job(WORKFLOWS / "plan.yml", "check", {}).run(tmp_path, **variables)
    steps = local_run.Job(WORKFLOWS / "plan.yml", "plan", {"vars.PLAN_ROLE": "none"}).run(
        tmp_path, **variables
    )

    assert outcomes(checked)["Check without an account"] == "success", checked[-1].text
    assert outcomes(steps)["Plan"] == "success", steps[-1].text
    assert "1 to add, 0 to change, 0 to destroy" in steps[-1].text
    summary = (tmp_path / ".github_step_summary").read_text("utf-8")
    assert "river-levels-data-raw-development" in summary


# --- one artefact, three environments -------------------------------------------------
#
# The function is invoked for real, on ministack. Its handler is a stand-in: it says which
# release it is, and fails if that release is broken. What uv would install beside it
# for Lambda's processor is left out.

HANDLER = """\
import river_levels

RELEASE = {release!r}


def handler(event, context):
    if "broken" in RELEASE:
        raise ValueError(RELEASE)
    return {{"release": RELEASE, "window_end": event["window_end"]}}
"""
ENVIRONMENTS = ("development", "test", "production")


class Cloud:
    """An account with a function and a bucket of releases for each environment."""

    def __init__(self, engine: AwsEngine) -> None:
        self.engine = engine
        self._lambda = boto3.client("lambda", region_name=REGION)
        self._s3 = boto3.client("s3", region_name=REGION)
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = boto3.client("iam", region_name=REGION).create_role(
            RoleName=f"Function{secrets.token_hex(4)}", AssumeRolePolicyDocument=document
        )
        self._role = role["Role"]["Arn"]

    def environment(self, name: str) -> dict[str, str]:
        """Make an environment that runs release 0; return its variables on GitHub."""
        end = secrets.token_hex(4)
        function, bucket = f"river-levels-{name}-{end}", f"releases-{name}-{end}"
        where: Any = {"LocationConstraint": REGION}
        self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        body = self._zip("release 0")
        digest = hashlib.sha256(body).hexdigest()
        self._s3.put_object(Bucket=bucket, Key=f"{digest}.zip", Body=body)
        self._lambda.create_function(
            FunctionName=function,
            Runtime="python3.12",
            Role=self._role,
            Handler="handler.handler",
            Code={"ZipFile": body},
        )
        values = {"FUNCTION": function, "RELEASES": bucket, "DEPLOY_ROLE": "none"}
        return {f"vars.{name}": value for name, value in values.items()}

    def runs(self, variables: Mapping[str, str]) -> tuple[str, str]:
        """Return the digest of what an environment runs, and which release it says it is."""
        function = variables["vars.FUNCTION"]
        found = self._lambda.get_function_configuration(FunctionName=function)
        event = json.dumps({"window_end": ""}).encode()
        reply = self._lambda.invoke(FunctionName=function, Payload=event)
        said = json.loads(reply["Payload"].read())
        digest = base64.b64decode(found["CodeSha256"]).hex()
        return digest, said.get("release") or said["errorMessage"]

    def _zip(self, release: str) -> bytes:
        body = io.BytesIO()
        text = HANDLER.format(release=release).replace("import river_levels\n", "")
        with zipfile.ZipFile(body, "w") as archive:
            archive.writestr("handler.py", text)
        return body.getvalue()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """The account of this file."""
    with ministack(enforce_iam=False) as engine, environment(**engine.environment()):
        yield Cloud(engine)


class Artefacts:
    """What upload-artifact and download-artifact do, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.actions = {
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
        }

    def _upload(self, folder: Path, given: Mapping[str, str]) -> None:
        shutil.copy(folder / given["path"], self._folder / given["name"])

    def _download(self, folder: Path, given: Mapping[str, str]) -> None:
        shutil.copy(self._folder / given["name"], folder / "release.zip")


def built(repository: Path, variables: dict[str, str], release: str, place: Path) -> Any:
    """Run the job that builds; return the artefacts and the digest."""
    handler = repository / "src/river_levels/handler.py"
    handler.write_text(HANDLER.format(release=release), "utf-8")
    (repository / "build").mkdir(exist_ok=True)
    artefacts = Artefacts(place)
    job = example("local_run").Job(WORKFLOWS / "deploy.yml", "build", {}, artefacts.actions)
    steps = job.run(repository, **variables)
    assert outcomes(steps)["Pack"] == "success", steps[-2].text
    return artefacts, job.outputs()["digest"]


def promoted(artefacts: Artefacts, digest: str, name: str, values: Mapping[str, str]) -> Any:
    """Return the job that promotes a digest into an environment."""
    inputs = {"inputs.digest": digest, "inputs.environment": name}
    return example("local_run").Job(
        WORKFLOWS / "promote.yml", "promote", {**values, **inputs}, artefacts.actions
    )


def uses_zip(cloud: Cloud, values: Mapping[str, str]) -> None:
    """Let the function find its handler where the built artefact has it."""
    cloud._lambda.update_function_configuration(
        FunctionName=values["vars.FUNCTION"], Handler="river_levels.handler.handler"
    )


GO_BACK = "Go back to what ran before"
TRY = "Try it on an hour that is loaded already"


@pytest.mark.rule("CD-5", "CD-7")
def test_what_was_tested_is_promoted_and_what_fails_goes_back(
    cloud: Cloud, repository: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    variables |= {k: v for k, v in cloud.engine.environment().items() if v is not None}
    place = tmp_path / "artefacts"
    place.mkdir()
    values = {name: cloud.environment(name) for name in ENVIRONMENTS}
    before = {name: cloud.runs(values[name]) for name in ENVIRONMENTS}
    assert {said for _, said in before.values()} == {"release 0"}

    artefacts, digest = built(repository, variables, "release 1", place)
    for name in ENVIRONMENTS:
        uses_zip(cloud, values[name])
        folder = tmp_path / name
        folder.mkdir()
        job = promoted(artefacts, digest, name, values[name])
        ran = job.run(folder, **variables)
        steps = outcomes(ran)
        assert steps[TRY] == "success", [step.text for step in ran]
        assert steps[GO_BACK] == "skipped"
    assert {cloud.runs(values[name]) for name in ENVIRONMENTS} == {(digest, "release 1")}

    shutil.rmtree(repository / "build")
    artefacts, broken = built(repository, variables, "broken release 2", place)
    steps = promoted(artefacts, broken, "development", values["development"]).run(
        folder, **variables
    )
    assert outcomes(steps)[TRY] == "failure"
    assert outcomes(steps)[GO_BACK] == "success"
    assert f"runs {digest} again; no data was undone" in steps[-1].text
    assert cloud.runs(values["development"]) == (digest, "release 1")
    for name in ("promote.yml", "deploy.yml"):
        tools = "each step run by bash on ministack, with stand-ins for uv and the handler"
        prove_file(WORKFLOWS / name, Level.VALIDATED, tools)


@pytest.mark.rule("CD-5")
def test_another_artefact_than_the_tested_one_is_refused(
    variables: dict[str, str], tmp_path: Path
) -> None:
    artefacts = Artefacts(tmp_path)
    (tmp_path / "release").write_bytes(b"something else")
    folder = tmp_path / "run"
    folder.mkdir()
    values = {"vars.FUNCTION": "f", "vars.RELEASES": "r", "vars.DEPLOY_ROLE": "none"}
    digest = hashlib.sha256(b"what was tested").hexdigest()

    steps = outcomes(promoted(artefacts, digest, "test", values).run(folder, **variables))

    assert steps["Check that it is what was tested"] == "failure"
    assert steps["Switch"] == "skipped"


@pytest.mark.rule("CD-5")
def test_who_builds_again_deploys_what_nobody_tested(
    repository: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    local_run = example("local_run")
    place = tmp_path / "artefacts"
    place.mkdir()
    _, digest = built(repository, variables, "release 1", place)
    git(repository, "init", "--quiet", "--initial-branch=main")
    commit(repository, "feat: release 1, which was tested")
    # The reviewers take two days. Meanwhile somebody merges.
    (repository / "src/river_levels/handler.py").write_text("RELEASE = 'later'\n", "utf-8")
    commit(repository, "feat: release 2, which nobody has tested")

    def checkout(folder: Path, given: Mapping[str, str]) -> None:
        branch = given["ref"]
        git(folder, "clone", "--quiet", "--branch", branch, str(repository), "now")
        shutil.copytree(folder / "now/src", folder / "src")

    def is_what_was_tested(workflow: Path) -> None:
        folder = tmp_path / workflow.stem
        (folder / "build").mkdir(parents=True)
        audited(workflow)
        if workflow.stem == "deploy":
            shutil.copy(place / "release", folder / "build/release.zip")
        else:
            actions = {"actions/checkout": checkout}
            job = local_run.Job(workflow, "production", {}, actions)
            assert outcomes(job.run(folder, **variables))["Pack"] == "success"
        with zipfile.ZipFile(folder / "build/release.zip") as archive:
            code = archive.read("river_levels/handler.py").decode()
        assert "release 1" in code, f"production runs: {code.strip()}"

    assert len(digest) == 64
    twins(
        is_what_was_tested,
        good=WORKFLOWS / "deploy.yml",
        bad=EXAMPLES / PAGE / "wrong/builds_again.yml",
        harm="production runs: RELEASE = 'later'",
    )


@pytest.mark.rule("CD-7")
def test_a_smoke_test_can_fail_and_a_rollback_is_rehearsed(
    cloud: Cloud, variables: dict[str, str], tmp_path: Path
) -> None:
    values = cloud.environment("development")
    good, said = cloud.runs(values)
    assert said == "release 0"
    ours = {name.removeprefix("vars."): value for name, value in values.items()}
    ours |= {k: v for k, v in cloud.engine.environment().items() if v is not None}
    ours |= variables | {"PREVIOUS": good}
    (tmp_path / "event.json").write_text('{"window_end": ""}', "utf-8")
    run_shell(f"examples/{PAGE}/smoke.sh", cwd=tmp_path, env=ours)
    cloud._lambda.update_function_code(
        FunctionName=values["vars.FUNCTION"], ZipFile=cloud._zip("broken release 1")
    )

    def notices(script: str) -> None:
        code = 0 if "wrong" in script else 1
        run_shell(f"examples/{PAGE}/{script}", cwd=tmp_path, env=ours, exit_code=code)
        assert code == 1, f"green, and the function says: {cloud.runs(values)[1]}"

    twins(
        notices,
        good="smoke.sh",
        bad="wrong/smoke_that_cannot_fail.sh",
        harm="green, and the function says: broken release 1",
    )

    run_shell(f"examples/{PAGE}/rollback.sh", cwd=tmp_path, env=ours)

    assert cloud.runs(values) == (good, "release 0")


# --- CD-6, CD-7: the schema, over two releases ----------------------------------------


def sql_of(name: str) -> str:
    """Return the text of a SQL example."""
    return (EXAMPLES / PAGE / name).read_text("utf-8")


@pytest.fixture
def stations(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The table as release 1 made it, with a row."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def begin(stations: psycopg.Connection[Any], release: Any) -> None:
    """Make the table of release 1 anew; it has one row."""
    stations.execute("DROP TABLE IF EXISTS stations")
    stations.execute("DROP FUNCTION IF EXISTS stations_both_names")
    stations.execute("CREATE TABLE stations (station_id text PRIMARY KEY, river text)")
    release.write(stations, "3390TH", "Hogsmill")


@pytest.mark.rule("CD-6")
@pytest.mark.parametrize(
    ("wrong", "harm"),
    [
        ("rename_in_one_step", 'release 1, still running: column "river" of relation'),
        ("expand_one_way", "release 2 reads the river of 1 of 3 stations"),
    ],
)
def test_old_and_new_code_run_side_by_side(
    stations: psycopg.Connection[Any], wrong: str, harm: str
) -> None:
    releases = example("releases")
    old, new = releases.Release1(), releases.Release2()

    def lets_both_run(expand: str) -> None:
        begin(stations, old)
        stations.execute(sql_of(expand))
        try:
            old.write(stations, "4070TH", "Beverley Brook")
            new.write(stations, "4139TH", "Wandle")
            seen = old.read(stations)
        except psycopg.Error as error:
            raise AssertionError(f"release 1, still running: {error}") from error
        if "one_way" not in expand:
            stations.execute(sql_of("schema/migrate.sql"))
        rivers = [river for river in new.read(stations).values() if river]
        assert len(rivers) == 3, f"release 2 reads the river of {len(rivers)} of 3 stations"
        assert seen == new.read(stations)

    twins(lets_both_run, good="schema/expand.sql", bad=f"wrong/{wrong}.sql", harm=harm)


@pytest.mark.rule("CD-6", "CD-7")
def test_code_goes_back_until_the_contract(stations: psycopg.Connection[Any]) -> None:
    releases = example("releases")
    old, new = releases.Release1(), releases.Release2()

    def goes_back(expand: str) -> None:
        begin(stations, old)
        stations.execute(sql_of(expand))
        if "one_way" not in expand:
            stations.execute(sql_of("schema/migrate.sql"))
        new.write(stations, "4139TH", "Wandle")
        found = old.read(stations)  # the code is back; what release 2 wrote stays
        assert found["4139TH"] == "Wandle", f"release 1 reads {found['4139TH']} for Wandle"

    twins(
        goes_back,
        good="schema/expand.sql",
        bad="wrong/expand_one_way.sql",
        harm="release 1 reads None for Wandle",
    )
    begin(stations, old)
    for step in ("expand", "migrate", "contract"):
        stations.execute(sql_of(f"schema/{step}.sql"))
    new.write(stations, "4139TH", "Wandle")
    assert new.read(stations) == {"3390TH": "Hogsmill", "4139TH": "Wandle"}
    with pytest.raises(psycopg.errors.UndefinedColumn):
        old.read(stations)


# --- CD-11, CD-12: what strangers write -----------------------------------------------


@pytest.mark.rule("CD-12")
def test_a_title_is_text_and_no_script(variables: dict[str, str], tmp_path: Path) -> None:
    hostile = 'x"; touch stolen; echo "[AB-1]'

    def runs_nothing(workflow: Path) -> None:
        folder = tmp_path / workflow.stem
        folder.mkdir()
        audited(workflow)
        for title in ("[AB-123] Rivers of Sutton", hostile):
            values = {"github.event.pull_request.title": title}
            job = example("local_run").Job(workflow, "title", values)
            steps = job.run(folder, **variables)
            expected = "success" if title != hostile else "failure"
            assert not (folder / "stolen").exists(), "the title ran as a command"
            assert steps[0].outcome == expected

    twins(
        runs_nothing,
        good=EXAMPLES / PAGE / "title.yml",
        bad=EXAMPLES / PAGE / "wrong/title_in_the_script.yml",
        harm="the title ran as a command",
    )


STRANGER = """\
import os
from pathlib import Path

Path("stolen").write_text(str(os.environ))
"""


@pytest.mark.rule("CD-11")
def test_a_strangers_code_finds_no_secret(
    repository: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    canary = secrets.token_hex(16)
    steal = "printenv > stolen\n"

    def checkout(folder: Path, given: Mapping[str, str]) -> None:
        (folder / "tests").mkdir(exist_ok=True)
        (folder / "tests/run.sh").write_text(steal, "utf-8")
        (folder / "tests/unit").mkdir(exist_ok=True)
        (folder / "tests/unit/test_stranger.py").write_text(STRANGER, "utf-8")
        (folder / "tests/conftest.py").unlink(missing_ok=True)

    def keeps_its_secrets(workflow: Path) -> None:
        folder = repository if workflow.stem == "test" else tmp_path
        name = "fast" if workflow.stem == "test" else "test"
        audited(workflow)
        values = {
            "secrets.DEPLOY_TOKEN": canary,
            "github.event.pull_request.head.sha": "of a stranger",
        }
        actions = {"actions/checkout": checkout}
        job = example("local_run").Job(workflow, name, values, actions)
        mine = variables | in_copy(repository, "stranger")
        ran = job.run(folder, **mine)
        assert (folder / "stolen").exists(), [step.text for step in ran]
        assert canary not in (folder / "stolen").read_text("utf-8"), "it has the secret"

    twins(
        keeps_its_secrets,
        good=WORKFLOWS / "test.yml",
        bad=EXAMPLES / PAGE / "wrong/runs_strangers_code.yml",
        harm="it has the secret",
    )
    assert "dangerous-triggers" in audited(EXAMPLES / PAGE / "wrong/runs_strangers_code.yml")


def git(folder: Path, *arguments: str) -> str:
    """Run git without anybody's settings."""
    who = ["-c", "user.name=Sam", "-c", "user.email=sam@example.org"]
    hidden = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    done = subprocess.run(
        ["git", *who, "-c", "tag.gpgSign=false", *arguments],
        cwd=folder,
        env=hidden | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(folder: Path, message: str) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


# --- CD-10: build what changed --------------------------------------------------------

RELATIONS = """
    SELECT table_schema || '.' || table_name FROM information_schema.tables
    WHERE table_schema ~ %s ORDER BY 1
"""


@pytest.mark.rule("CD-10")
def test_only_what_a_change_touches_is_built(
    pipeline: "Pipeline", repository: Path, variables: dict[str, str]
) -> None:
    from dbt.cli.main import dbtRunner

    url = pipeline.settings.libpq_url
    parts = psycopg.conninfo.conninfo_to_dict(url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    names |= {"password": "PGPASSWORD"}
    ours = {name: str(parts[key]) for key, name in names.items()}
    places = [
        "--project-dir",
        str(repository / "dbt"),
        "--profiles-dir",
        str(repository / "dbt"),
    ]
    kinds = ["--exclude-resource-type=test", "--exclude-resource-type=unit_test"]
    target = ["--target-path", str(repository / "production"), "--log-level", "none"]
    with environment(**ours, DBT_LOG_PATH=str(repository / "logs")):
        assert dbtRunner().invoke(["build", *places, *kinds, *target]).success
    model = repository / "dbt/models/marts/dim_stations.sql"
    text = model.read_text("utf-8")
    model.write_text(text.replace("is_listed\n", "is_listed,\n    status\n"), "utf-8")
    prefix = {"RIVER_LEVELS_SCHEMA_PREFIX": "ci_pr7_"}

    run_shell(f"examples/{PAGE}/slim.sh", cwd=repository, env=variables | ours | prefix)

    with psycopg.connect(url) as connection:
        built = [name for (name,) in connection.execute(RELATIONS, ["^ci_pr7_"])]
        columns = connection.execute("SELECT * FROM marts.dim_stations LIMIT 0").description
    assert built == [
        "ci_pr7_marts.dim_stations",
        "ci_pr7_serving.latest_river_levels",
        "ci_pr7_serving.river_levels_daily",
    ]
    assert "status" not in [column.name for column in columns or ()], "production is untouched"
