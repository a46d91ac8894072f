"""Buckets: the list with the settings that matter for a state, and the creation of a state
bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.aws.state_bucket.bucket_creation import (
    PURPOSE,
    NewBucket,
    create_bucket,
    suggested_bucket_name,
    what_is_made,
)
from gpuecs_tui.aws.state_bucket.buckets import Bucket, read_buckets
from gpuecs_tui.demo.account import DemoAccount

STEPS = 7


@pytest.fixture
def reader(on_demo_account: DemoAccount) -> Iterator[AccountReader]:
    made = connect("", "eu-west-1")
    yield made
    made.close()


def refuse(monkeypatch: pytest.MonkeyPatch, operation: str, kind: Any = "denied") -> None:
    original = AccountReader.call

    def call(self: AccountReader, service: str, name: str, **parameters: Any) -> dict[str, Any]:
        if name == operation:
            raise AwsProblem(kind, "Not allowed.", call=f"{service}:{name}")
        return original(self, service, name, **parameters)

    monkeypatch.setattr(AccountReader, "call", call)


def named(reader: AccountReader, name: str) -> Bucket:
    found = read_buckets(reader)
    assert isinstance(found, Known)
    return next(it for it in found.value if it.name == name)


def test_a_bucket_is_made_properly(reader: AccountReader) -> None:
    wanted = NewBucket("tfstate-made", "eu-west-1", {"project": "x"})
    told: list[tuple[int, int]] = []
    create_bucket(reader, wanted, lambda done, of: told.append((done, of)))
    assert told == [(number, STEPS) for number in range(1, STEPS + 1)]
    assert len(what_is_made(wanted)) == STEPS
    made = named(reader, wanted.name)
    values = [made.region, made.versioned, made.encryption, made.private]
    assert [it.value for it in values if isinstance(it, Known)] == [
        "eu-west-1", True, "AES256", True,
    ]  # fmt: skip
    s3: Any = boto3.client("s3", region_name="eu-west-1")
    tags = s3.get_bucket_tagging(Bucket=wanted.name)["TagSet"]
    assert {it["Key"]: it["Value"] for it in tags} == {**PURPOSE, "project": "x"}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=wanted.name)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny" and statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    owner = s3.get_bucket_ownership_controls(Bucket=wanted.name)["OwnershipControls"]
    assert owner["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@pytest.mark.parametrize(
    "operation", ["PutBucketTagging", "PutBucketEncryption", "PutBucketPolicy"]
)
def test_one_that_was_cut_off_is_finished(
    reader: AccountReader, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    wanted = NewBucket(f"tfstate-{operation.lower()}", "eu-west-1", {})
    with monkeypatch.context() as patch:
        refuse(patch, operation)
        with pytest.raises(AwsProblem, match="Not allowed"):
            create_bucket(reader, wanted)
    create_bucket(reader, wanted)
    assert isinstance(named(reader, wanted.name).versioned, Known)


def test_a_used_bucket_is_left_alone(reader: AccountReader) -> None:
    s3: Any = boto3.client("s3", region_name="eu-west-1")
    place = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="a-website", CreateBucketConfiguration=place)
    s3.put_object(Bucket="a-website", Key="index.html", Body=b"")
    with pytest.raises(AwsProblem, match="already exists and is in use"):
        create_bucket(reader, NewBucket("a-website", "eu-west-1", {}))
    private = named(reader, "a-website").private
    assert isinstance(private, Known) and not private.value


def test_another_region_and_anothers_bucket(
    reader: AccountReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AwsProblem, match="already exists in us-east-1"):
        create_bucket(reader, NewBucket("demo-terraform-state", "eu-west-1", {}))
    refuse(monkeypatch, "GetBucketLocation")
    with pytest.raises(AwsProblem, match="is already taken"):
        create_bucket(reader, NewBucket("somebody-elses", "eu-west-1", {}))


def test_what_may_not_be_read_is_unknown_by_itself(
    reader: AccountReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "GetBucketVersioning")
    found = named(reader, "demo-terraform-state")
    assert isinstance(found.versioned, Unknown) and "not allowed" in found.versioned.reason
    assert isinstance(found.region, Known) and isinstance(found.private, Known)


def test_buckets_for_states_come_first(reader: AccountReader) -> None:
    found = read_buckets(reader)
    assert isinstance(found, Known)
    names = [it.name for it in found.value]
    assert names.index("demo-terraform-state") < names.index("demo-scratch")
    assert suggested_bucket_name("1" * 12, "us-east-1") == "tfstate-111111111111-us-east-1"
