"""Round prices for the account of ``small_account``."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.prices_facts import Price, Prices, SpotPrice
from gpuecs_tui.aws.reading import Known
from tests.support.small_account import account, known

DAY = date(2026, 11, 1)


def price(usd: str) -> Known[Price]:
    return known(Price(Decimal(usd), DAY))


def spot(low: str, high: str, zone: str = "us-east-1a") -> SpotPrice:
    return SpotPrice(zone, Decimal(low), Decimal(low), Decimal(high))


def prices(**other: Any) -> Prices:
    base = Prices(
        on_demand={"g4dn.xlarge": price("0.5"), "g5.xlarge": price("1"), "g5.12xlarge": price("6")},
        spot={
            "g4dn.xlarge": known(
                (
                    spot("0.1", "0.2"),
                    spot("0.15", "0.3", "us-east-1b"),
                    spot("0.01", "0.9", "us-east-1f"),
                )
            ),
            "g5.xlarge": known(()),
        },
        load_balancer=price("0.02"),
        load_balancer_use=price("0.008"),
        volume=price("0.073"),
        nat_gateway=price("0.045"),
        nat_data=price("0.045"),
        public_address=price("0.005"),
        vpc_endpoint=price("0.01"),
        vpc_endpoint_data=price("0.01"),
        metric=price("0.3"),
        alarm=price("0.1"),
    )
    return replace(base, **other)


def priced_account(found: Prices | None = None, **fields: Any) -> AccountFacts:
    return account(prices=found or prices(), **fields)
