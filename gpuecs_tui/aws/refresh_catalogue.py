"""Rebuilds ``catalogue.json`` from what EC2 says: ``python -m gpuecs_tui.aws.refresh_catalogue``.

Reads ec2:DescribeInstanceTypes of one region with the usual credentials, and keeps what no call
tells: measured memory, ECS's support, types that the region doesn't have. Dated with today.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery_compute import read_instance_types
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import GLOBAL_REGION, connect
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.instance_type import InstanceType

FILE = Path(__file__).with_name("catalogue.json")


def refreshed(
    before: dict[str, Any], live: Iterable[InstanceType], today: date, botocore: str
) -> dict[str, Any]:
    """Return the catalogue ``before`` with what EC2 says of the ``live`` types put into it.

    ``live`` are types as ``catalogue.merge`` gives them. A type that isn't among them stays as it
    was: another region has it, or it was taken off sale.
    """
    entries = {entry["name"]: entry for entry in before["instance_types"]}
    for it in live:
        kept = entries.get(it.name, {})
        found = asdict(it)
        if found["max_enis"] is None:
            found["max_enis"] = kept.get("max_enis")
        entries[it.name] = {**found, "source": "ec2"}
    by_name = {name: InstanceType(**_fields(entry)) for name, entry in entries.items()}
    ordered = [entries[it.name] for it in sorted(by_name.values(), key=catalogue.order)]
    return {
        **before,
        "generated": today.isoformat(),
        "botocore": botocore,
        "sources": {**before["sources"], "ec2": "ec2:DescribeInstanceTypes"},
        "instance_types": ordered,
    }


def written(tree: dict[str, Any]) -> str:
    """Return the catalogue's text: one type a line, so that a refresh reads well as a diff."""
    head = json.dumps({key: it for key, it in tree.items() if key != "instance_types"}, indent=1)
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in tree["instance_types"])
    return f'{head.removesuffix("}").rstrip()},\n "instance_types": [\n{lines}\n ]\n}}\n'


def main(words: Sequence[str] | None = None) -> int:
    """Refresh the file; exit 1, with one sentence, when EC2 can't be asked."""
    parser = argparse.ArgumentParser(
        prog="python -m gpuecs_tui.aws.refresh_catalogue",
        description=_("rebuild the shipped catalogue of GPU types from ec2:DescribeInstanceTypes"),
    )
    parser.add_argument("--region", default=GLOBAL_REGION, help=_("an AWS region"))
    parser.add_argument("--output", type=Path, default=FILE, help=_("where to write it"))
    arguments = parser.parse_args(words)
    reader = connect(region=arguments.region)
    try:
        live = read_instance_types(reader)
    except AwsProblem as problem:
        print(_("Nothing was refreshed: {problem}").format(problem=problem), file=sys.stderr)
        return 1
    finally:
        reader.close()
    before = json.loads(FILE.read_text(encoding="utf-8"))
    tree = refreshed(before, live, datetime.now(UTC).date(), version("botocore"))
    # Beside it first: a half-written catalogue would end every later start.
    beside = arguments.output.with_suffix(".new")
    beside.write_text(written(tree), encoding="utf-8")
    beside.replace(arguments.output)
    words_for = _("{n} types written to {path}, {live} of them as EC2 says today.")
    print(words_for.format(n=len(tree["instance_types"]), path=arguments.output, live=len(live)))
    return 0


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "source"}


if __name__ == "__main__":
    sys.exit(main())
