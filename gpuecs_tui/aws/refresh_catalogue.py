"""Rebuilds ``catalogue.json``: ``make catalogue``.

The names of all types are from the SDK's data. Their figures are from ec2:DescribeInstanceTypes of
one Region, called with the usual credentials; the call also sets a new date. Everything else is
kept: measured memory, support by ECS, types that the Region doesn't have. Without credentials, only
the list of types without figures is refreshed, and the date stays.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.session import get_session

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery.compute import read_instance_types
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import GLOBAL_REGION, connect
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.instance_type import InstanceType

FILE = Path(__file__).with_name("catalogue.json")
_GPU_FAMILY = re.compile(r"(g|gr|p)\d")
"""Matches every family with GPUs and no other family."""


def without_figures(entries: Iterable[dict[str, Any]], names: Iterable[str]) -> list[str]:
    """Return those of EC2's type ``names`` that are of a GPU family and have no entry."""
    known = {entry["name"] for entry in entries}
    return sorted(it for it in {*names} - known if _GPU_FAMILY.match(it))


def sdk_names() -> list[str]:
    """Return every instance type that the SDK's own data lists; needs no network."""
    model: Any = get_session().get_service_model("ec2")
    return list(model.shape_for("InstanceType").enum)


def refreshed(
    before: dict[str, Any],
    live: Iterable[InstanceType],
    today: date,
    botocore: str,
    names: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the catalogue ``before``, updated with EC2's figures of the ``live`` types.

    ``names`` are all types that the SDK lists; ``live`` are types as ``catalogue.merge`` returns
    them. Other types are not changed: another Region has them, or AWS no longer offers them.
    """
    entries = {entry["name"]: entry for entry in before["instance_types"]}
    types = tuple(live)
    for it in types:
        kept = entries.get(it.name, {})
        found = asdict(it)
        del found["figures_source"], found["reserved_mib"]
        if found["max_enis"] is None:
            found["max_enis"] = kept.get("max_enis")
        entries[it.name] = {**found, "source": "ec2"}
    by_name = {name: catalogue.entry_type(entry) for name, entry in entries.items()}
    ordered = [entries[it.name] for it in sorted(by_name.values(), key=catalogue.order)]
    return {
        **before,
        "generated": today.isoformat(),
        "botocore": botocore,
        "sources": {
            **before["sources"],
            **({"ec2": "ec2:DescribeInstanceTypes"} if types else {}),
        },
        "without_figures": without_figures(ordered, names),
        "instance_types": ordered,
    }


def written(tree: dict[str, Any]) -> str:
    """Return the catalogue's text: one type a line, so that the diff of a refresh is readable."""
    head = json.dumps({key: it for key, it in tree.items() if key != "instance_types"}, indent=1)
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in tree["instance_types"])
    return f'{head.removesuffix("}").rstrip()},\n "instance_types": [\n{lines}\n ]\n}}\n'


def main(words: Sequence[str] | None = None) -> int:
    """Refresh the file; if EC2 can't be read, print why and refresh the rest."""
    parser = argparse.ArgumentParser(
        prog="python -m gpuecs_tui.aws.refresh_catalogue",
        description=_(
            "rebuild the shipped catalogue of GPU types from the SDK's data and, where there are "
            "credentials, from ec2:DescribeInstanceTypes"
        ),
    )
    parser.add_argument("--region", default=GLOBAL_REGION, help=_("AWS Region"))
    parser.add_argument("--output", type=Path, default=FILE, help=_("output file"))
    arguments = parser.parse_args(words)
    before = json.loads(FILE.read_text(encoding="utf-8"))
    live: tuple[InstanceType, ...] = ()
    day = date.fromisoformat(before["generated"])
    reader = connect(region=arguments.region)
    try:
        live, day = read_instance_types(reader), datetime.now(UTC).date()
    except AwsProblem as problem:
        words = _("Could not refresh the figures; they are still those of {day}: {problem}")
        print(words.format(day=day, problem=problem), file=sys.stderr)
    finally:
        reader.close()
    tree = refreshed(before, live, day, version("botocore"), sdk_names())
    # Write to a second file first: every later start would fail with a half-written catalogue.
    beside = arguments.output.with_suffix(".new")
    beside.write_text(written(tree), encoding="utf-8")
    beside.replace(arguments.output)
    words_for = _("Wrote {n} types to {path}, {live} of them with today's figures from EC2.")
    print(words_for.format(n=len(tree["instance_types"]), path=arguments.output, live=len(live)))
    if lacking := tree["without_figures"]:
        words = _("botocore {version} lists types of GPU families that have no figures: {names}")
        print(words.format(version=tree["botocore"], names=", ".join(lacking)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
