"""What a job costs in a month, on Lambda, Fargate and EC2."""

import argparse
import math
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import yaml

HOURS = Decimal(730)  # of an average month
FRESH_DAYS = 180
DISK_GB = 20

type Option = Literal["lambda", "fargate", "ec2"]
type WayOut = Literal["none", "nat", "endpoints"]
OPTIONS: tuple[Option, ...] = ("lambda", "fargate", "ec2")


@dataclass(frozen=True)
class Prices:
    """US dollars before VAT, by name, and when somebody checked them."""

    checked_on: date
    of: dict[str, Decimal]

    def warning(self, today: date) -> str | None:
        """Return what to say if the table is old."""
        age = (today - self.checked_on).days
        if age <= FRESH_DAYS:
            return None
        return f"prices are {age} days old: check them before you decide"


@dataclass(frozen=True)
class Job:
    """What runs, and how it reaches what lies outside its network.

    Attributes:
        runs: in a month.
        seconds: that one run takes.
        memory_gb: that one run needs.
        way_out: "none" if the job needs no private network; "nat" for
            anything on the internet; "endpoints" for services of AWS.
        zones: availability zones, with a way out in each.
        gb: that take the way out in a month. S3 by its gateway endpoint
            is free, and does not count.
        endpoints: how many services have an interface endpoint.
    """

    runs: int
    seconds: int
    memory_gb: Decimal
    vcpus: Decimal = Decimal("0.5")
    way_out: WayOut = "none"
    zones: int = 1
    gb: Decimal = Decimal(0)
    endpoints: int = 0


def read(path: Path) -> Prices:
    """Read a table of prices."""
    told = yaml.safe_load(path.read_text("utf-8"))
    of = {name: Decimal(price) for name, price in told["prices"].items()}
    return Prices(told["checked_on"], of)


def compute(job: Job, option: Option, prices: Prices) -> Decimal:
    """Return what the running itself costs in a month."""
    of = prices.of
    if option == "lambda":
        second = job.memory_gb * of["lambda_gb_second"]
        return job.runs * (job.seconds * second + of["lambda_request"])
    if option == "fargate":
        hour = job.vcpus * of["fargate_vcpu_hour"]
        hour += job.memory_gb * of["fargate_gb_hour"]
        billed = max(job.seconds, 60)  # a minute is the least
        return job.runs * billed * hour / 3600
    return HOURS * of["ec2_t3_medium_hour"] + DISK_GB * of["gp3_gb_month"]


def network(job: Job, prices: Prices) -> Decimal:
    """Return what the way out of a private network costs in a month."""
    of = prices.of
    if job.way_out == "nat":
        hour = of["nat_hour"] + of["public_ipv4_hour"]
        return job.zones * HOURS * hour + job.gb * of["nat_gb"]
    if job.way_out == "endpoints":
        each = HOURS * of["endpoint_hour"]
        return job.zones * job.endpoints * each + job.gb * of["endpoint_gb"]
    return Decimal(0)


def total(job: Job, option: Option, prices: Prices) -> Decimal:
    """Return what a job costs in a month, way out included."""
    return compute(job, option, prices) + network(job, prices)


def break_even(job: Job, prices: Prices) -> int:
    """Return from how many runs a month on EC2 costs no more than Lambda.

    Networks cost the same for both, and cancel out.
    """
    one = compute(Job(1, job.seconds, job.memory_gb), "lambda", prices)
    return math.ceil(compute(job, "ec2", prices) / one)


def main(arguments: list[str]) -> None:
    """Print what a job costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--memory-gb", type=Decimal, required=True)
    parser.add_argument(
        "--way-out", choices=["none", "nat", "endpoints"], default="none"
    )
    parser.add_argument("--endpoints", type=int, default=0)
    job = Job(**vars(parser.parse_args(arguments)))
    prices = read(Path(__file__).with_name("prices.yml"))
    if warning := prices.warning(datetime.now(UTC).date()):
        print(warning, file=sys.stderr)
    for option in OPTIONS:
        own = compute(job, option, prices)
        out = network(job, prices)
        print(f"{option:<8}{own:>8.2f} + {out:>6.2f} = ${own + out:.2f}")
    print(f"EC2 costs no more from {break_even(job, prices)} runs on")


if __name__ == "__main__":
    main(sys.argv[1:])
