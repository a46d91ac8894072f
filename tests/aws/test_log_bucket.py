"""The bucket of access logs, read from the demo account."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gpuecs_tui.aws.discovery.lookups import read_references
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.log_bucket import allows_delivery, objects, read_encryption, statement
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.session import connect
from gpuecs_tui.stack.resolve import resolve
from tests.support.small_account import ACCOUNT, ANSWERS

BUCKET, PREFIX = "access-logs-of-a-test", "llm"
WHERE = ("us-east-1", ACCOUNT, BUCKET, PREFIX)


@pytest.mark.usefixtures("on_demo_account")
def test_the_region_and_the_policy_are_read_when_a_stack_names_a_bucket() -> None:
    plain = resolve(ANSWERS, None).stack
    policy = json.dumps({"Version": "2012-10-17", "Statement": [json.loads(statement(*WHERE))]})
    reader = connect("", "us-east-1")
    reader.call("s3", "CreateBucket", Bucket=BUCKET)
    try:
        for set_, bucket, expected in (
            ("", BUCKET, ("us-east-1", "")),
            (policy, BUCKET, ("us-east-1", policy)),
            ("", "access-logs-that-are-not", ("", "")),
        ):
            if set_:
                reader.call("s3", "PutBucketPolicy", Bucket=BUCKET, Policy=set_)
            balancer = replace(
                plain.load_balancer, access_log_bucket=bucket, access_log_prefix=PREFIX
            )
            wanted = replace(plain, load_balancer=balancer)
            looked = read_references(reader, wanted, AccountFacts(region="us-east-1")).lookups
            assert bucket in looked.log_bucket_encryptions
            place, text = looked.log_bucket_regions[bucket], looked.log_bucket_policies[bucket]
            assert isinstance(place, Known) and isinstance(text, Known)
            assert (place.value, text.value) == expected
            assert allows_delivery(text.value, "us-east-1", objects(*WHERE)) is bool(set_)
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
        chosen = {"Rules": [rule]}
        before = read_encryption(reader, BUCKET)
        reader.call(
            "s3", "PutBucketEncryption", Bucket=BUCKET, ServerSideEncryptionConfiguration=chosen
        )
        after = read_encryption(reader, BUCKET)
        assert isinstance(before, Known) and isinstance(after, Known)
        assert (before.value, after.value) == ("", "aws:kms")
        looked = read_references(reader, plain, AccountFacts(region="us-east-1")).lookups
        assert not looked.log_bucket_regions and not looked.log_bucket_policies
    finally:
        reader.call("s3", "DeleteBucket", Bucket=BUCKET)
        reader.close()
