"""Command line: ``guidance COMMAND``."""

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
    options = _parser().parse_args(arguments)
    return COMMANDS[options.command](options)


def _engines(options: argparse.Namespace) -> int:
    from guidance.engines.up import up

    return up(options.aws)


def _site(options: argparse.Namespace) -> int:
    from guidance.site.publish import publish

    return publish(Path(options.site_dir))


def _deploy(options: argparse.Namespace) -> int:
    from guidance.site.deploy import deploy

    return deploy(
        Path(options.site_dir),
        options.bucket,
        options.distribution,
        dry_run=options.dry_run,
        allow_fewer_pages=options.allow_fewer_pages,
    )


def _links(options: argparse.Namespace) -> int:
    from guidance.site import reports

    check = reports.external_links if options.external else reports.links
    return check(Path(options.site_dir))


def _facts(options: argparse.Namespace) -> int:
    from guidance.site import reports

    return reports.facts(options.on)


def _sbom(options: argparse.Namespace) -> int:
    from guidance.supply_chain import bills

    return bills(Path(options.folder))


def _vulnerabilities(_: argparse.Namespace) -> int:
    from guidance.supply_chain import vulnerabilities

    return vulnerabilities()


def _new(options: argparse.Namespace) -> int:
    from guidance.new import new_page

    return new_page(options.path, options.title)


def _diagrams(_: argparse.Namespace) -> int:
    try:
        from guidance.site.drawing import draw_all
    except ImportError as error:
        from guidance.site.diagrams import DRAW

        print(f"guidance: {error.name} is not installed: {DRAW}", file=sys.stderr)
        return 1
    return draw_all()


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "deploy": _deploy,
    "diagrams": _diagrams,
    "engines": _engines,
    "facts": _facts,
    "links": _links,
    "new": _new,
    "sbom": _sbom,
    "site": _site,
    "vulnerabilities": _vulnerabilities,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="guidance", description="The tool behind the data engineering guidance."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    engines = commands.add_parser(
        "engines", help="start PostgreSQL, an S3 emulator and the API's replay"
    )
    engines.add_argument("action", choices=["up"])
    engines.add_argument("--aws", choices=["moto", "localstack"], default="moto")

    site = commands.add_parser(
        "site", help="build the site from the last full test run, and judge it"
    )
    site.add_argument("--site-dir", default="site", help="default: site")

    deploy = commands.add_parser("deploy", help="put the judged site into its bucket")
    deploy.add_argument("--bucket", required=True, help="where it lies")
    deploy.add_argument("--distribution", required=True, help="of CloudFront, by its id")
    deploy.add_argument("--dry-run", action="store_true", help="say what would be done")
    deploy.add_argument(
        "--allow-fewer-pages",
        action="store_true",
        help="even if more than a fifth of the pages goes",
    )
    deploy.add_argument("--site-dir", default="site", help="default: site")

    links = commands.add_parser("links", help="check the links of a built site")
    links.add_argument(
        "--external",
        action="store_true",
        help="ask for each link elsewhere, and print a report; 1 if one is dead",
    )
    links.add_argument("--site-dir", default="site", help="default: site")

    facts = commands.add_parser(
        "facts", help="print the dated facts to read again; 1 if one is overdue"
    )
    facts.add_argument(
        "--on", type=dt.date.fromisoformat, metavar="DATE", help="default: today"
    )

    sbom = commands.add_parser("sbom", help="write a bill of materials for each lock")
    sbom.add_argument("folder", help="where to, such as sbom/")

    commands.add_parser(
        "vulnerabilities",
        help="print what is known to be wrong with what is locked; 1 if something is",
    )

    commands.add_parser("diagrams", help="draw the diagrams whose sources have changed")

    new = commands.add_parser("new", help="begin a page with its example and its proof")
    new.add_argument("what", choices=["page"])
    new.add_argument("path", help="such as storage/file-formats")
    new.add_argument("title", help='such as "File formats"')
    return parser


if __name__ == "__main__":
    sys.exit(main())
