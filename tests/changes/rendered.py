"""The stacks of a change as files, without an account, and the fingerprint of what a plan sees."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gpuecs_tui.aws import catalogue
from gpuecs_tui.stack.capacity.fleet_types import type_names
from gpuecs_tui.stack.capacity.smallest import smallest_of
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.render.stack_files import Files, render
from tests.changes.declared import Change, answers

ACCOUNT = "123456789012"
PLACES: Mapping[str, str] = {
    "vpc": "vpc-0123456789abcdef0",
    "default-vpc": "vpc-0123456789abcdef1",
    **{
        f"{kind}-{zone}": f"subnet-0123456789abcde{number}{zone}"
        for number, kind in enumerate(("private", "public", "default"))
        for zone in "abc"
    },
    "tasks-group": "sg-0123456789abcdef0",
    "balancer-group": "sg-0123456789abcdef1",
    "image": "ami-0123456789abcdef0",
    "key-pair": "operator",
    "instance-profile": f"arn:aws:iam::{ACCOUNT}:instance-profile/ecs",
    "boundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "execution-role": f"arn:aws:iam::{ACCOUNT}:role/execution",
    "task-role": f"arn:aws:iam::{ACCOUNT}:role/task",
    "secret": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-AbCdEf",
    "certificate": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/a",
    "other-certificate": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/b",
    "repository": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app",
    "log-group": "/of/another",
    "topic": f"arn:aws:sns:us-east-1:{ACCOUNT}:on-call",
    "log-key": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0123abcd-01ab-4abc-8abc-0123456789ab",
    "bucket": "states",
    "other-bucket": "other-states",
    "log-bucket": "logs",
    "prefix-list": "pl-0123456789abcdef0",
    "hosted-zone": "Z0123456789ABCDEF",
    "web-acl": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/a/{'0a' * 18}",
}
"""Names in the declared changes for the resources of an account."""
_LENGTH = 16
"""Hexadecimal digits of a fingerprint: enough to detect a change."""
_TERRAFORM = (".tf", ".tfvars")
"""Suffixes of the files whose comments only Terraform reads, and ignores."""
_DESCRIBED = ("variables.tf", "outputs.tf")
"""Files whose descriptions only people read. The description of a resource is stored at AWS."""
_HEREDOC = re.compile(r"<<-?(\w+)\s*$")


def stack(*layers: Mapping[str, Any]) -> Stack:
    """Return the base stack of the declared changes with these decisions over it."""
    values = answers(*layers, places=PLACES)
    resolved = resolve(values, smallest_of(type_names(values), catalogue.find))
    assert resolved.missing == ()
    return resolved.stack


def fingerprint(change: Change) -> str:
    """Return a digest of what Terraform reads of a change: the files before it and after it.

    A change whose stacks are written as before has the same plan, so its row stays true when
    other keys and their templates are added.
    """
    digest = hashlib.sha256()
    for layers in ((change.given,), (change.given, change.along, {change.key: change.to})):
        for text in read_by_terraform(render(stack(*layers))):
            digest.update(text.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:_LENGTH]


def read_by_terraform(files: Files) -> Iterator[str]:
    """Yield the names of ``files`` and what can change a plan in them.

    Comments and blank lines of the Terraform files can't, and neither can error messages and the
    descriptions of variables and outputs. A comment in the user data can, because the launch
    template contains it.
    """
    for name in sorted(files):
        text = files[name]
        if name.endswith(_TERRAFORM):
            unread = ("error_message ", *["description "] * (name in _DESCRIBED))
            lines = (it for it in _effective_lines(text) if not it.lstrip().startswith(unread))
            text = "".join(f"{line}\n" for line in lines)
        yield f"{name}\0{text}\0"


def _effective_lines(text: str) -> Iterator[str]:
    """Yield the lines of a Terraform file without whole-line comments and blank lines.

    Lines of a heredoc are yielded.
    """
    marker = ""
    for line in text.split("\n"):
        bare = line.strip()
        if marker:
            marker = "" if bare == marker else marker
        elif not bare or bare.startswith("#"):
            continue
        elif opened := _HEREDOC.search(line):
            marker = opened[1]
        yield line
