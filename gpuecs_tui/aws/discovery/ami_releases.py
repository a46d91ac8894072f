"""Reads the releases of the AMIs of an operating system, when they are needed."""

from __future__ import annotations

import re

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import AmiRelease
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.stack.capacity.ami import IMAGE_ID
from gpuecs_tui.stack.fleet import RELEASE

_NUMBER = re.compile(r"\d+")


def read_releases(reader: AccountReader, path: str) -> Reading[tuple[AmiRelease, ...]]:
    """Return the releases below ``path`` (``releases_path``), the newest first."""

    def read() -> tuple[AmiRelease, ...]:
        found = reader.items("ssm", "GetParametersByPath", "Parameters", Path=path, Recursive=True)
        releases: list[AmiRelease] = []
        for parameter in found:
            name, _slash, part = str(parameter["Name"]).removeprefix(f"{path}/").partition("/")
            # The same releases are also listed under their AMI IDs.
            if part == IMAGE_ID and re.fullmatch(RELEASE, name, re.ASCII):
                releases.append(AmiRelease(name, str(parameter["Value"])))
        return tuple(sorted(releases, key=lambda it: _numbers(it.name), reverse=True))

    return reader.reading("ssm:GetParametersByPath", read)


def read_parameter_ami(reader: AccountReader, parameter: str) -> Reading[str | None]:
    """Return the AMI ID in a parameter; None if the parameter does not exist."""

    def read() -> str | None:
        try:
            found = reader.call("ssm", "GetParameter", Name=parameter)
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return None
            raise
        return str(found["Parameter"]["Value"])

    return reader.reading("ssm:GetParameter", read)


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBER.findall(name)))
