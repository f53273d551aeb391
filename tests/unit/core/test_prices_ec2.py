"""The table of on-demand prices: what it says, how it is kept, and when it is read."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date

import pytest

from functions.core import prices_ec2
from functions.core.prices_ec2 import TABLE
from tests.conftest import ROOT

PUBLISHED = {
    "t4g.nano": 0.0042,
    "m5.large": 0.096,
    "c7i-flex.xlarge": 0.16958,
    "g4dn.xlarge": 0.526,
    "g5.xlarge": 1.006,
    "g5.48xlarge": 16.288,
    "g6e.48xlarge": 30.13118,
    "p4d.24xlarge": 21.957642,
    "p5.48xlarge": 55.04,
    "p6-b200.48xlarge": 113.9328,
    "inf2.xlarge": 0.7582,
    "trn1.32xlarge": 21.50,
}
READS = """
import sys
read = []
sys.addaudithook(lambda event, about: event == "open" and str(about[0]).endswith(".csv") and read.append(about[0]))
from functions.core import prices_ec2
assert read == [], "an import read the table"
assert prices_ec2.hourly("m5.large") and prices_ec2.hourly("p9.huge") is None
assert len(read) == 1, read
"""


def naturally(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


@pytest.mark.parametrize(("kind", "price"), PUBLISHED.items())
def test_prices_are_those_that_aws_publishes(kind: str, price: float) -> None:
    assert prices_ec2.hourly(kind) == price


def test_a_type_that_the_table_does_not_hold_has_no_price() -> None:
    assert prices_ec2.hourly("p9.huge") is None
    assert prices_ec2.hourly("instance_type") is None


def test_the_table_has_its_date_and_makes_sense() -> None:
    assert date(2026, 1, 1) < prices_ec2.AS_OF < date(2027, 1, 1)
    prices = prices_ec2.on_demand()
    assert len(prices) > 1300
    assert all(0 < price < 500 for price in prices.values())
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", kind) for kind in prices)


def test_each_type_has_one_line_in_natural_order() -> None:
    head, *lines = TABLE.read_text(encoding="utf-8").splitlines()
    kinds = [line.partition(",")[0] for line in lines]
    assert head == "instance_type,usd_per_hour"
    assert kinds == sorted(set(kinds), key=naturally)


def test_the_table_is_read_once_and_not_before_a_price_is_asked_for() -> None:
    ran = subprocess.run([sys.executable, "-c", READS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
