"""The suggestions for a new stack's fields, their reasons, and fields that are never filled."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import pytest

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery.newest_images import NewestImage, newest_tag
from gpuecs_tui.aws.facts import AccountFacts, Image, Offering, Quota, Repository
from gpuecs_tui.aws.network_facts import Subnet, Vpc
from gpuecs_tui.aws.prices_facts import Price, Prices
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.wizard.suggestions import (
    MOST_REPOSITORIES,
    repositories_to_read,
    suggested_image,
    suggested_name,
    suggestions,
)
from tests.support import fakes
from tests.support.screens.driving import Open, settle, type_text
from tests.support.screens.form_screens import begin, field, shown, wizard

VPC, SUBNETS, TYPE = "network.vpc_id", "network.instance_subnet_ids", "fleet.instance_type"
PRIVATE = fakes.SUBNETS[::2]


def priced(account: AccountFacts, **usd: str) -> AccountFacts:
    """Return ``account`` with prices by type, ``_`` for the dot."""
    prices = {name.replace("_", "."): Price(Decimal(text), None) for name, text in usd.items()}
    found = {name: fakes.known(price) for name, price in prices.items()}
    return replace(account, prices=Prices(found))


ACCOUNT = priced(
    fakes.facts(gpu_instances=fakes.known(())),
    g4dn_xlarge="0.526",
    g5_xlarge="1.006",
    g5_12xlarge="5.672",
)


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("whisper-asr", "whisper-asr"),
        ("Whisper ASR (v2)", "whisper-asr-v2"),
        ("x", "x-gpu"),
        ("3d-render", "gpu-3d-render"),
        ("ecs-llm", "gpu-ecs-llm"),
        ("a-very-long-directory-name-of-a-project", "a-very-long-directory-na"),
        ("基盤", None),
    ],
)
def test_the_name_is_made_from_the_directory(
    tmp_path: Path, directory: str, name: str | None
) -> None:
    found = suggested_name(tmp_path / directory)
    assert (found.text if found else None) == name


def test_network_and_type_follow_from_each_other() -> None:
    found = suggestions(ACCOUNT, {})
    assert found[VPC].text == fakes.VPC
    assert found[TYPE].text == "g4dn.xlarge"
    # The type is offered in only two of the three zones.
    assert found[SUBNETS].text == ", ".join(PRIVATE[:2])


def test_subnets_are_in_the_zones_that_offer_all_types() -> None:
    assert isinstance(ACCOUNT.subnets, Known)
    zones = {it.id: it.zone for it in ACCOUNT.subnets.value}
    first, second, third = (zones[it] for it in PRIVATE)
    offerings = fakes.known((
        Offering("g5.xlarge", (first, second, third)),
        Offering("g6.xlarge", (second, third)),
        Offering("g4dn.xlarge", (first, second)),
    ))  # fmt: skip
    account = replace(ACCOUNT, offerings=offerings)

    def suggested(*types: str) -> str | None:
        found = suggestions(account, {"fleet.instance_types": ", ".join(types)}).get(SUBNETS)
        return found.text if found else None

    assert suggested("g5.xlarge") == ", ".join(PRIVATE)
    assert suggested("g5.xlarge", "g6.xlarge") == ", ".join(PRIVATE[1:])
    # One zone offers both, and a load balancer needs two.
    assert suggested("g4dn.xlarge", "g6.xlarge") is None


def test_a_quota_used_up_suggests_a_type_of_none() -> None:
    quotas = fakes.known((Quota("L-DB2E81BA", "G", "on-demand", 4),))
    # One g4dn.xlarge has 4 vCPUs, and a rolling update needs two instances.
    found = suggestions(replace(ACCOUNT, quotas=quotas), {})
    assert TYPE not in found and found[SUBNETS].text == ", ".join(PRIVATE)


def test_unknown_prices_quotas_or_routes_suggest_nothing_that_depends_on_them() -> None:
    nothing = AccountFacts(region=fakes.REGION)
    assert TYPE not in suggestions(fakes.facts(), {})
    assert TYPE not in suggestions(replace(ACCOUNT, gpu_instances=nothing.gpu_instances), {})
    assert TYPE not in suggestions(replace(ACCOUNT, quotas=nothing.quotas), {})
    assert SUBNETS not in suggestions(replace(ACCOUNT, route_tables=nothing.route_tables), {})
    assert suggestions(nothing, {}) == {}


def test_a_type_offered_in_too_few_zones_is_passed_over() -> None:
    cheap, other = catalogue.find("g4dn.xlarge"), catalogue.find("g5.xlarge")
    assert cheap and other
    offerings = fakes.known(
        (Offering(cheap.name, fakes.ZONES[:1]), Offering(other.name, fakes.ZONES[1:]))
    )
    found = suggestions(replace(ACCOUNT, offerings=offerings), {})
    assert found[TYPE].text == "g5.xlarge"
    assert found[SUBNETS].text == ", ".join(PRIVATE[1:])


def test_several_vpcs_with_private_subnets_suggest_the_default_one_only() -> None:
    vpcs = (Vpc("vpc-1", "", ("10.0.0.0/16",), False), Vpc("vpc-2", "", ("10.1.0.0/16",), False))
    base = fakes.known(
        tuple(
            Subnet(id, "", f"vpc-{1 + n % 2}", fakes.ZONES[n // 2], f"10.0.{n}.0/24", 200, False)
            for n, id in enumerate(fakes.SUBNETS)
        )
    )
    tables = fakes.facts().route_tables
    assert hasattr(tables, "value")
    nat = replace(tables.value[0], subnet_ids=fakes.SUBNETS)
    account = replace(
        ACCOUNT, vpcs=fakes.known(vpcs), subnets=base, route_tables=fakes.known((nat,))
    )
    assert VPC not in suggestions(account, {}) and SUBNETS not in suggestions(account, {})
    default = (vpcs[0], replace(vpcs[1], is_default=True))
    found = suggestions(replace(account, vpcs=fakes.known(default)), {})
    assert found[VPC].text == "vpc-2"
    chosen = suggestions(account, {VPC: "vpc-1"})
    assert VPC not in chosen and set(chosen[SUBNETS].text.split(", ")) <= set(fakes.SUBNETS[::2])


def test_nothing_that_was_decided_is_suggested_again() -> None:
    found = suggestions(ACCOUNT, {VPC: fakes.VPC, TYPE: "g5.12xlarge", SUBNETS: ""})
    assert TYPE not in found and VPC not in found and SUBNETS not in found


def test_a_nearly_full_subnet_is_passed_over() -> None:
    subnets = ACCOUNT.subnets
    assert hasattr(subnets, "value")
    full = tuple(
        replace(it, free_addresses=5) if it.id == PRIVATE[0] else it for it in subnets.value
    )
    offerings = fakes.known((Offering("g4dn.xlarge", fakes.ZONES),))
    found = suggestions(replace(ACCOUNT, subnets=fakes.known(full), offerings=offerings), {})
    assert found[SUBNETS].text == ", ".join(PRIVATE[1:])


LLM, DIFFUSION, TOOLS = (
    Repository(name, f"r/{name}") for name in ("ml/llm-server", "diffusion", "tools")
)


def test_the_repository_with_the_stacks_name_is_read_else_all_if_they_are_few() -> None:
    account = replace(ACCOUNT, repositories=fakes.known((LLM, DIFFUSION, TOOLS)))
    assert repositories_to_read(account, "llm-server") == (LLM,)
    assert repositories_to_read(account, "other") == (LLM, DIFFUSION, TOOLS)
    many = tuple(Repository(f"r{n}", f"r/r{n}") for n in range(MOST_REPOSITORIES + 1))
    assert not repositories_to_read(replace(ACCOUNT, repositories=fakes.known(many)), "other")
    unread = Unknown("ecr:DescribeRepositories", "not allowed to call it", "")
    assert not repositories_to_read(replace(ACCOUNT, repositories=unread), "llm-server")


def test_the_newest_tag_says_which_image_it_is() -> None:
    images = [
        Image("", "sha256:3", None, 1),
        Image("latest", "sha256:2", None, 1),
        Image("2.4.1", "sha256:2", None, 1),
        Image("2.4.0", "sha256:1", None, 1),
    ]
    assert newest_tag(images) == "2.4.1"
    assert newest_tag(images[:2]) == "latest"
    assert newest_tag(images[:1]) == ""


@pytest.mark.parametrize(
    ("newest", "architecture", "image"),
    [
        ([NewestImage(LLM, "2.4.1")], "x86_64", "r/ml/llm-server:2.4.1"),
        ([NewestImage(LLM, "2.4.1", ("arm64", "x86_64"))], "x86_64", "r/ml/llm-server:2.4.1"),
        ([NewestImage(LLM, "2.4.1", ("arm64",))], "x86_64", ""),
        ([NewestImage(LLM, "2.4.1", ("arm64",))], "", "r/ml/llm-server:2.4.1"),
        ([NewestImage(LLM, "")], "x86_64", ""),
        # It is the only one of several for the fleet's architecture.
        (
            [
                NewestImage(LLM, "1", ("x86_64",)),
                NewestImage(DIFFUSION, "7", ("arm64",)),
                NewestImage(TOOLS, ""),
            ],
            "arm64",
            "r/diffusion:7",
        ),
        ([NewestImage(LLM, "1", ("x86_64",)), NewestImage(DIFFUSION, "7", ("x86_64",))],
         "x86_64", ""),
        # The architecture of the second is unknown, and so are the images of the third.
        ([NewestImage(LLM, "1", ("x86_64",)), NewestImage(DIFFUSION, "7")], "x86_64", ""),
        (
            [NewestImage(LLM, "1", ("x86_64",)), NewestImage(TOOLS, "", is_read=False)],
            "x86_64",
            "",
        ),
        ([NewestImage(TOOLS, "", is_read=False)], "x86_64", ""),
    ],
)  # fmt: skip
def test_an_image_is_suggested_where_only_one_repository_can_have_it(
    newest: list[NewestImage], architecture: str, image: str
) -> None:
    found = suggested_image(newest, architecture)
    assert (found.text if found else "") == image
    if image.startswith("r/diffusion"):
        assert found is not None and "only repository with a suitable image" in found.reason


async def test_the_image_follows_the_architecture_of_the_fleet(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = [NewestImage(LLM, "1", ("x86_64",)), NewestImage(DIFFUSION, "7", ("arm64",))]
    monkeypatch.setattr(fakes.FakeFeed, "newest_images", lambda _feed, _repositories: newest)
    account = replace(ACCOUNT, repositories=fakes.known((LLM, DIFFUSION)))
    async with open_wizard(account=account) as pilot:
        await begin(pilot)
        app = pilot.app
        assert isinstance(app, WizardApp)
        for kind, image in (("g5g.xlarge", "r/diffusion:7"), ("g5.xlarge", "r/ml/llm-server:1")):
            wizard(pilot).put(TYPE, kind)
            app.go("task")
            await settle(pilot)
            assert wizard(pilot).text("task.image") == image
        refused = [replace(it, tag="", architectures=(), is_read=False) for it in newest]
        for unread in ([], refused, refused[:1]):
            # The wizard holds the method itself, so a patch of the class would have no effect.
            wizard(pilot).read_newest = asked = Mock(return_value=unread)
            app.go("task")
            await settle(pilot)
            asked.assert_called_once()
            assert wizard(pilot).text("task.image") == "r/ml/llm-server:1", "nothing was read"


async def test_a_suggestion_is_marked_replaced_by_typing_and_not_made_again(
    open_wizard: Open,
) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        await begin(pilot)
        assert "Suggested: from the directory name." in shown(pilot, "stack.name")
        await pilot.press("tab", "tab")
        await type_text(pilot, "other")
        await settle(pilot)
        assert wizard(pilot).stack_name == "other"
        assert "Suggested" not in shown(pilot, "stack.name")
        await pilot.press("ctrl+u")
        await settle(pilot)
        assert wizard(pilot).stack_name == "" and field(pilot, "stack.name") is not None


async def test_an_opened_stack_is_never_filled(open_wizard: Open) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        wizard(pilot).replace_texts({"stack.name": "old", "stack.region": fakes.REGION})
        pilot.app.go("network")  # type: ignore[attr-defined]  # the app is a WizardApp
        await settle(pilot)
        assert wizard(pilot).account.facts is not None
        assert wizard(pilot).text(VPC) == "" and wizard(pilot).suggested == {}


async def test_what_is_written_is_decided(open_wizard: Open) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        await begin(pilot)
        found = wizard(pilot)
        found.put("stack.region", fakes.REGION)
        await settle(pilot)
        decided = dict(found.texts)
        assert decided[TYPE] == "g4dn.xlarge" and TYPE in found.suggested
        found.written(found.decisions.answers)
        assert not found.suggested
        # The stack's own instances have used up the quota, and another type is cheaper now.
        dearer = priced(ACCOUNT, g4dn_xlarge="9.1", g5_xlarge="0.1")
        found.account.facts = replace(dearer, subnets=fakes.known(()))
        found.suggest_from_account()
        assert found.texts == decided


async def test_a_draft_of_a_new_stack_goes_on_suggesting(open_wizard: Open) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        await begin(pilot)
        await pilot.press("tab", "tab")
        await type_text(pilot, "mine")
        await settle(pilot)
    async with open_wizard(account=ACCOUNT) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert wizard(pilot).stack_name == "mine" and "stack.name" not in wizard(pilot).suggested
        wizard(pilot).put("stack.region", fakes.REGION)
        await settle(pilot)
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert wizard(pilot).text(VPC) == fakes.VPC
        assert "Suggested: " in shown(pilot, VPC)
    async with open_wizard(account=ACCOUNT) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        # The mark is kept too.
        assert "Suggested: " in shown(pilot, VPC) and VPC in wizard(pilot).suggested
