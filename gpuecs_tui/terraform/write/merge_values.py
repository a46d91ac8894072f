"""Values of variables, written where they are set: in our terraform.tfvars or in a file of the
user."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gpuecs_tui.terraform.base.file_names import VARIABLE_FILE
from gpuecs_tui.terraform.hcl.parse import parse
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.variable_files import (
    assignments,
    deciding_files,
    literals,
    load_order,
    remove_value,
    set_value,
)

ENVIRONMENT = "TF_VAR_"
"""Prefix of Terraform's variables in the environment."""


@dataclass(frozen=True, slots=True)
class MergedValues:
    """The variable files after the merge."""

    settled: bool
    """Whether terraform.tfvars is in ``files`` or remains absent; otherwise it is merged by
    line."""
    files: Mapping[str, str]
    """Name → text of the variable files that hold, or will hold, a value of the stack."""
    from_environment: tuple[str, ...] = ()
    """Variables that only the environment sets and whose answer differs."""


def merge_values(
    texts: Mapping[str, str],
    ancestor: Mapping[str, str],
    files: Mapping[str, str],
    environ: Mapping[str, str],
    damaged: Collection[str] = (),
    forced: Collection[str] = (),
) -> MergedValues:
    """Return the variable files with the values that differ between ``ancestor`` and ``files``.

    A value is changed in the file whose value Terraform uses. A new variable is added to our file,
    or without one to the file that sets most of the others. ``damaged`` names files that can't be
    parsed; they are in no other argument. ``forced`` names variables that are set even if their
    values are equal.
    """
    if not ancestor or VARIABLE_FILE in damaged:
        return MergedValues(settled=False, files={})
    mine = texts.get(VARIABLE_FILE)
    if (
        mine
        and not parse(mine, VARIABLE_FILE).attributes.keys()
        <= assignments(VARIABLE_FILE, mine).keys()
    ):
        # It is unknown which values it sets, so none may be added.
        return MergedValues(settled=False, files={})
    before, after = literals(ancestor[VARIABLE_FILE]), literals(files[VARIABLE_FILE])
    places = {
        name: file
        for name, file in deciding_files(texts).items()
        if name in before or name in after
    }
    elsewhere = [file for file in places.values() if file != VARIABLE_FILE]
    defaults = _defaults(texts)
    if (
        not elsewhere
        and not forced
        and (mine == ancestor[VARIABLE_FILE] or (mine is None and not defaults & after.keys()))
    ):
        return MergedValues(settled=False, files={})
    home = (
        max(load_order(set(elsewhere)), key=elsewhere.count)
        if mine is None and elsewhere
        else VARIABLE_FILE
    )
    result = {file: texts[file] for file in {*places.values(), home} if file in texts}
    held = []
    for name, (text, value) in after.items():
        changed = name in forced or name not in before or before[name][1] != value
        place = places.get(name)
        if (
            place is None
            and not changed
            and (name in defaults or f"{ENVIRONMENT}{name}" in environ)
        ):
            continue
        if place is None and name in before and changed and f"{ENVIRONMENT}{name}" in environ:
            held.append(name)
        elif changed or place is None:
            target = place or home
            result[target] = set_value(target, result.get(target, ""), name, text)
    for name in before.keys() - after.keys():
        if name in places:
            result[places[name]] = remove_value(places[name], result[places[name]], name)
    return MergedValues(settled=True, files=result, from_environment=tuple(held))


def _defaults(texts: Mapping[str, str]) -> frozenset[str]:
    """Return the variables that have a value without any variable file."""
    try:
        configuration = load_configuration(
            {name: text for name, text in texts.items() if name.endswith(".tf")}
        )
    except ReadProblem:
        return frozenset()
    return frozenset(configuration.scope.variables)
