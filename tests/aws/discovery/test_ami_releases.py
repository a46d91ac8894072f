"""The releases of AMIs, from the demo account's public SSM parameters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gpuecs_tui.aws.discovery.ami_releases import read_parameter_ami, read_releases
from gpuecs_tui.aws.discovery.lookups import read_references
from gpuecs_tui.aws.facts import AccountFacts, AmiRelease
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.checks import check
from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.stack.capacity.ami import ami_parameter, releases_path
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import NOW, stack

AL2023 = "al2023-ami-ecs-gpu-hvm-2023.0.{}-kernel-6.1-x86_64-ebs"


@pytest.fixture
def reader(on_demo_account: DemoAccount) -> Iterator[AccountReader]:
    reader = connect("", "us-east-1")
    yield reader
    reader.close()


def releases(reader: AccountReader, **changes: Value) -> tuple[AmiRelease, ...]:
    found = read_releases(reader, releases_path(stack(**changes)))
    assert isinstance(found, Known)
    return found.value


def test_releases_are_listed_newest_first(reader: AccountReader) -> None:
    found = releases(reader)
    names = [it.name for it in found]
    assert names[:2] == [AL2023.format("20260922"), AL2023.format("20260918")]
    # The recommended AMI is the newest release, and AMI IDs are no releases.
    newest = read_parameter_ami(reader, ami_parameter(stack()))
    assert isinstance(newest, Known) and newest.value == found[0].ami != found[1].ami
    assert not any(it.startswith(("ami-", "recommended")) for it in names)
    bottlerocket = releases(reader, fleet__ami="bottlerocket")
    assert [it.name for it in bottlerocket] == ["1.49.0", "1.48.0"]
    assert releases_path(stack(fleet__ami="ami-0123456789abcdef0")) == ""


@pytest.mark.parametrize(
    ("release", "expected"),
    [("", []), (AL2023.format("20260922"), []), (AL2023.format("20190101"), ["error"])],
)
def test_a_release_that_does_not_exist_is_an_error(
    reader: AccountReader, release: str, expected: list[str]
) -> None:
    wanted = stack(fleet__ami_release=release)
    facts = read_references(reader, wanted, AccountFacts(region="us-east-1"))
    found = [it for it in check(wanted, facts, now=NOW) if it.rule == "ami-type"]
    assert [it.severity.value for it in found] == expected
    if found:
        assert found[0].fix == (("fleet.ami_release", ""),)


def test_what_was_not_looked_up_is_unknown() -> None:
    found = check(stack(fleet__ami_release=AL2023.format("20260922")), None, now=NOW)
    (told,) = [it for it in found if it.rule == "ami-type"]
    assert (told.severity.value, told.field) == ("unknown", "fleet.ami_release")
