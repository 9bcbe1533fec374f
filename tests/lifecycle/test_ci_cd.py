"""Proofs of docs/lifecycle/ci-cd.md: the site that is published, and how."""

import copy
import importlib.metadata
import ipaddress
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import boto3
import dukpy
import pytest
import tree_sitter_javascript
import yaml
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tree_sitter import Language, Node, Parser

from guidance.engines import AwsEngine, EngineError
from guidance.engines.aws import REGION
from guidance.engines.terraform import Workspace, misformatted
from guidance.evidence import prove_plan, prove_tests, regions
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

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
        in security["content_security_policy"][0]["content_security_policy"],
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


def break_robots(resources: dict[str, Any]) -> None:
    """Forget the header for search engines."""
    headers = resources["aws_cloudfront_response_headers_policy.site"]
    headers["custom_headers_config"][0]["items"].pop()


BROKEN = {
    break_function: "a behaviour has no function",
    break_second_behaviour: "a behaviour has no function",
    break_subject: "somebody else may take the role",
    break_bucket: "the bucket can be made public",
    break_robots: "search engines may list it",
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
