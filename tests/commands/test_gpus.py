"""``gpus`` and the cost in ``check``, on the demo account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.demo.account import DemoAccount

ANSWERS = """
stack.name = "llm"
stack.region = "us-east-1"
network.vpc_id = "vpc-0123456789abcdef0"
network.instance_subnet_ids = ["subnet-0123456789abcdef0"]
fleet.instance_type = "g4dn.xlarge"
task.image = "example.org/llm:1"
task.memory = 20000
"""

pytestmark = pytest.mark.usefixtures("on_demo_account")
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.toml"
    path.write_text(ANSWERS)
    return path


def rows(printed: Printed, *words: str) -> list[dict[str, Any]]:
    assert main(["gpus", "--region", "us-east-1", "--json", *words]) == 0
    found: list[dict[str, Any]] = json.loads(printed.readouterr().out)
    return found


def test_sifted_and_sorted(capsys: Printed) -> None:
    found = rows(
        capsys,
        "--min-gpu-memory",
        "24",
        "--max-price",
        "$2",
        "--zone",
        "us-east-1a",
        "--sort",
        "price",
    )
    usd = [float(it["on_demand"]["usd"]) for it in found]
    assert usd == sorted(usd) and len(usd) > 3 and usd[-1] <= 2
    assert all(it["zones"] == ["us-east-1a"] and it["gpu_memory_mib"] > 22000 for it in found)
    assert set(found[0]["spot"]["zones"]) == {"us-east-1a"}
    assert found[0]["quota_left"] == {"on-demand": 16, "spot": 8}


def test_two_side_by_side(capsys: Printed) -> None:
    assert main(["gpus", "--region", "us-east-1", "--compare", "g6.xlarge", "g5.xlarge"]) == 0
    text = capsys.readouterr().out
    heading, *lines = text.splitlines()
    assert heading.split() == ["g6.xlarge", "g5.xlarge"]
    price = next(line for line in lines if line.startswith("On-Demand, per hour"))
    assert price.split()[-2:] == ["$0.8048", "$1.006"]
    assert "not an actual AWS price" in text and "since 2026-11-01" in text
    reserved = next(line for line in lines if line.startswith("capacity reservations"))
    assert "1 in us-east-1a, 1 unused (demo account" in reserved and reserved.endswith("–")
    assert "documented: the ECS developer guide" in text and "15155 MiB, assumed" in text


def test_who_says_it_and_what_is_reserved(capsys: Printed) -> None:
    found = {it["instance_type"]: it for it in rows(capsys)}
    one = found["g6.xlarge"]
    assert (one["registered_mib"], one["registered_source"]) == (15155, "assumed")
    assert one["reservations"]["source"] == "ec2:DescribeCapacityReservations"
    (reserved,) = one["reservations"]["found"]
    assert (reserved["zone"], reserved["total"], reserved["unused"]) == ("us-east-1a", 1, 1)
    assert found["g5.xlarge"]["reservations"]["found"] == []
    assert "ecs-gpu table" in one["ecs_support_source"]
    assert "not in ECS doc table" in found["p5en.48xlarge"]["ecs_support_source"]


def test_the_table_says_what_is_not_documented(capsys: Printed) -> None:
    assert main(["gpus", "--offline"]) == 0
    text = capsys.readouterr().out
    lines = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    assert "undocumented: only the EKS AMI" in lines["p5en.48xlarge"]
    assert "Spot $/h (7 days, all zones)" in lines["type"]
    assert "figures not from EC2, unverified" in text


def test_two_of_which_one_is_none(capsys: Printed) -> None:
    words = ["gpus", "--region", "us-east-1", "--compare", "g6.xlarge", "g6.tiny"]
    assert main(words) == EXIT_FAILED
    assert "g6.tiny" in capsys.readouterr().err


def test_types_that_a_task_fits_on(capsys: Printed, answers: Path) -> None:
    found = rows(capsys, "--fits", str(answers))
    names = [it["instance_type"] for it in found]
    # A type with 16 GiB never registers 20,000 MiB.
    assert names[0] == "g4dn.2xlarge" and "g4dn.xlarge" not in names
    prices = [float(it["task_price"]) for it in found if it["task_price"]]
    assert prices == sorted(prices) and all(it["tasks"] >= 1 for it in found)


def test_a_wrong_price(capsys: Printed) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["gpus", "--max-price", "cheap"])
    assert ended.value.code == EXIT_USAGE and "cheap" in capsys.readouterr().err


def test_offline_nothing_has_a_price(capsys: Printed) -> None:
    found = rows(capsys, "--offline")
    assert len(found) > 75 and {it["on_demand"]["usd"] for it in found} == {None}
    assert main(["gpus", "--offline"]) == 0
    assert "The price of every type is unknown: not loaded yet." in capsys.readouterr().out


def test_refused_prices_are_unknown(
    capsys: Printed, demo_account: DemoAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An endpoint without a server, only for the price list.
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", "http://127.0.0.1:9")
    assert main(["gpus", "--region", "us-east-1", "--compare", "g6.xlarge", "g5.xlarge"]) == 0
    text = capsys.readouterr().out
    assert "On-Demand, per hour" in text and "$0.8048" not in text
    assert "The price of every type is unknown" in text


def test_check_tells_the_cost(capsys: Printed, answers: Path) -> None:
    main(["check", "--json", str(answers)])
    tree = json.loads(capsys.readouterr().out)
    assert set(tree) == {"findings", "cost"}
    cost = tree["cost"]
    assert cost["currency"] == "USD" and cost["hours_a_month"] == 730
    instance = next(it for it in cost["lines"] if it["item"] == "instances")
    assert instance["each"]["low"] == "0.526000" and instance["since"] == "2026-11-01"
    assert "not an actual AWS price" in instance["note"]
    main(["check", "--offline", str(answers)])
    assert "Cost is unknown: not loaded yet." in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--json"], []])
def test_a_price_limit_without_prices_is_said(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gpus", "--offline", "--max-price", "2.5", *words]) == EXIT_FAILED
    told = capsys.readouterr()
    assert "No prices are known" in told.err
    assert not words or told.out == ""


def test_one_number_for_the_memory_of_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpus", "--offline"]) == 0
    listed = capsys.readouterr().out
    assert main(["gpus", "--offline", "--compare", "g5.xlarge", "g4dn.xlarge"]) == 0
    compared = capsys.readouterr().out
    (row,) = (line.split() for line in listed.splitlines() if line.startswith("g5.xlarge"))
    assert row[2] == "22.4" and "22.4 GiB" in compared and "16 GiB" in compared


@pytest.mark.parametrize("region", ["xx-1", "mars-north-1", "us-east-1a", "us-west-9"])
def test_a_region_that_aws_does_not_have_is_named(capsys: Printed, region: str) -> None:
    assert main(["gpus", "--region", region]) == EXIT_USAGE
    told = capsys.readouterr()
    assert (
        told.err.startswith(f"gpuecs-tui: The AWS Region {region} does not exist. ")
        and not told.out
    )
    # Without the account, only the form of the name can be checked.
    assert main(["gpus", "--offline", "--region", region]) == (0 if "west-9" in region else 64)
