"""Lists that are read when a user opens them."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from gpuecs_tui.aws.discovery.late_lists import read_late
from gpuecs_tui.aws.facts import LateLists
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.session import AccountReader
from tests.support.aws.stub import Stub


@pytest.mark.parametrize("name", [it.name for it in fields(LateLists)])
def test_each_list_is_read_by_its_name(stub: Stub, reader: AccountReader, name: str) -> None:
    before = len(stub.calls)
    reading = read_late(reader, name)
    assert isinstance(reading, Known) and reading.value
    assert len(stub.calls) > before


def test_only_the_policies_of_the_account_are_listed(stub: Stub, reader: AccountReader) -> None:
    reading = read_late(reader, "policies")
    assert isinstance(reading, Known) and stub.calls
    owners = {it.arn.split(":")[4] for it in reading.value}
    assert len(owners) == 1 and "aws" not in owners


def test_web_acls_of_several_pages(empty: Stub, reader: AccountReader) -> None:
    pages = {
        b"": {"WebACLs": [{"Name": "b", "ARN": "arn:b"}], "NextMarker": "b"},
        b'"NextMarker": "b"': {"WebACLs": [{"Name": "a", "ARN": "arn:a"}], "NextMarker": "a"},
        b'"NextMarker": "a"': {"WebACLs": [], "NextMarker": "a"},
    }

    def answer(body: bytes) -> tuple[int, str, bytes]:
        found = next(page for marker, page in reversed(pages.items()) if marker in body)
        return 200, "application/x-amz-json-1.1", json.dumps(found).encode()

    empty.answers["wafv2:ListWebACLs"] = answer
    listed = read_late(reader, "web_acls")
    assert isinstance(listed, Known)
    assert [it.arn for it in listed.value] == ["arn:a", "arn:b"]
