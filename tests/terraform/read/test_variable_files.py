"""Values in variable files, changed in place; and what Terraform reads afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.read.variable_files import (
    assignments,
    deciding_files,
    load_order,
    remove_value,
    set_value,
)
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import WriteChanges, WriteProblem, compare, write
from tests.support.terraform.written_files import HTTPS, made, put

HCL = """\
# a = 1
a = "x # = {" // one
list = [ # in ]
  "}",
  "b",
]
/* b = 2 */
b   =   2
text = <<-EOT
  a = 5
  EOT
map = {
  k = "v"
}"""
VALUES = {
    "a": '"x # = {"', "list": '[ # in ]\n  "}",\n  "b",\n]', "b": "2",
    "text": "<<-EOT\n  a = 5\n  EOT", "map": '{\n  k = "v"\n}',
}  # fmt: skip
JSON = '{\n    "a": 1,\n    "s": "1",\n    "l": ["x",  "y"],\n    "a": 2\n}\n'


def test_every_value_of_a_file_is_found() -> None:
    found = {name: HCL[it.value : it.end] for name, it in assignments("x.tfvars", HCL).items()}
    assert found == VALUES


@pytest.mark.parametrize("name", VALUES)
def test_only_the_value_changes(name: str) -> None:
    changed = set_value("x.tfvars", HCL, name, "[\n  7,\n]")
    assert changed == HCL.replace(f"{VALUES[name]}", "[\n  7,\n]", 1) or name == "b"
    assert assignments("x.tfvars", changed).keys() == VALUES.keys()
    without = remove_value("x.tfvars", HCL, name)
    assert assignments("x.tfvars", without).keys() == VALUES.keys() - {name}
    assert "# a = 1\n" in without and ("// one\n" in without)


def test_a_new_variable_comes_last_in_the_file_s_own_line_ends() -> None:
    assert set_value("x.tfvars", "a = 1\r\n", "b", "[\n]") == "a = 1\r\nb = [\r\n]\n"
    assert set_value("x.tfvars", "a = 1", "b", "2") == "a = 1\nb = 2\n"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("a", "7", JSON.replace('"a": 2', '"a": 7')),
        ("s", "7", JSON.replace('"s": "1"', '"s": "7"')),
        ("l", '[\n  "z",\n]', JSON.replace('["x",  "y"]', '["z"]')),
        ("m", '{ k = "é" }', JSON.replace("2\n}", '2,\n    "m": {\n        "k": "é"\n    }\n}')),
    ],
)
def test_json_keeps_its_layout(name: str, value: str, text: str) -> None:
    assert set_value("x.tfvars.json", JSON, name, value) == text


@pytest.mark.parametrize("name", ["a", "s", "l"])
def test_json_without_a_value_is_still_json(name: str) -> None:
    text = remove_value("x.tfvars.json", '{"a": 1, "s": "1",\n "l": [1]}', name)
    assert json.loads(text).keys() == {"a", "s", "l"} - {name}


@pytest.mark.parametrize("text", ["a = [", "= 1", "{", '{"a" 1}', "[]"])
def test_a_damaged_file_has_no_values(text: str) -> None:
    assert assignments("x.tfvars", text) == {} or text == "a = ["
    assert assignments("x.tfvars.json", text) == {}


def test_the_file_that_is_loaded_last_is_the_source() -> None:
    texts = dict.fromkeys(
        ("z.auto.tfvars", "a.auto.tfvars.json", "terraform.tfvars", "terraform.tfvars.json",
         "other.tfvars", "fleet.tf"), "",
    )  # fmt: skip
    assert load_order(texts) == [
        "terraform.tfvars", "terraform.tfvars.json", "a.auto.tfvars.json", "z.auto.tfvars",
    ]  # fmt: skip
    texts |= {"terraform.tfvars": "a = 1\nb = 1", "a.auto.tfvars.json": '{"a": 2}'}
    assert deciding_files(texts) == {"a": "a.auto.tfvars.json", "b": "terraform.tfvars"}


def written(directory: Path, **changed: object) -> WriteChanges:
    changes = compare(directory, render(made(**changed)))  # type: ignore[arg-type]
    assert changes.hand_edited == ()
    write(changes)
    return changes


@pytest.mark.parametrize(
    "name", ["prod.auto.tfvars", "terraform.tfvars.json", "x.auto.tfvars.json"]
)
def test_a_changed_answer_goes_where_the_value_stands(tmp_path: Path, name: str) -> None:
    files = render(made())
    text = files.pop("terraform.tfvars")
    if name.endswith(".json"):
        stack = made()
        text = json.dumps(
            {
                "name": "llm", "region": "us-east-1", "tags": {}, "vpc_id": stack.network.vpc_id,
                "instance_subnet_ids": stack.network.instance_subnet_ids,
                "load_balancer_subnet_ids": stack.network.load_balancer_subnet_ids,
                "instance_type": "g4dn.xlarge", "min_size": 0, "max_size": "2", "initial_size": 1,
                "image": "app:1", "cpu": 4096, "memory": 15155, "desired_count": 1,
            }, indent=3,
        )  # fmt: skip
    else:
        text = text.replace("desired_count = 1", "desired_count = 1 # until March")
    put(tmp_path, {**files, name: text})
    assert read(tmp_path).stack == made()
    changes = written(tmp_path, service__desired_count=3, fleet__max_size=4)
    assert [change.file for change in changes.files] == [name]
    assert not (tmp_path / "terraform.tfvars").exists()
    assert read(tmp_path).stack == made(service__desired_count=3, fleet__max_size=4)
    after = (tmp_path / name).read_text().splitlines()
    differing = [new for old, new in zip(text.splitlines(), after, strict=True) if old != new]
    assert len(differing) == 2
    # A variable that the stack didn't have before is added to the others.
    written(tmp_path, **{key.replace(".", "__"): value for key, value in HTTPS.items()})
    assert not (tmp_path / "terraform.tfvars").exists()
    assert read(tmp_path).stack == made(HTTPS)


def test_a_value_that_another_file_sets_too_is_changed_in_that_file(tmp_path: Path) -> None:
    put(tmp_path, {**render(made()), "z.auto.tfvars": "desired_count = 2\n"})
    with (tmp_path / "fleet.tf").open("a") as file:
        file.write("# ours\n")
    changes = written(tmp_path, service__desired_count=3, fleet__max_size=2)
    assert [change.file for change in changes.files] == ["z.auto.tfvars"]
    assert read(tmp_path).stack == made(service__desired_count=3, fleet__max_size=2)


def test_values_by_default_in_variables_tf_get_no_variable_file_until_they_change(
    tmp_path: Path,
) -> None:
    files = render(made())
    values = files.pop("terraform.tfvars")
    for name in assignments("terraform.tfvars", values):
        value = values[assignments("terraform.tfvars", values)[name].value :]
        value = value[: assignments("x", f"x = {value}")["x"].end - 4]
        files["variables.tf"] = (
            files["variables.tf"]
            .replace(f'variable "{name}" {{\n', f'variable "{name}" {{\n  default = {value}\n')
            .replace("  default     = {}\n", "")
        )
    put(tmp_path, files)
    assert read(tmp_path).stack == made()
    assert compare(tmp_path, render(made())).files == ()
    written(tmp_path, service__desired_count=3, fleet__max_size=2)
    assert (tmp_path / "terraform.tfvars").read_text() == "desired_count = 3\n"
    assert read(tmp_path).stack == made(service__desired_count=3, fleet__max_size=2)


def test_a_value_of_the_environment_is_refused_in_one_sentence(tmp_path: Path) -> None:
    files = render(made())
    files["terraform.tfvars"] = files["terraform.tfvars"].replace("desired_count = 1\n", "")
    files["variables.tf"] = files["variables.tf"].replace(
        'variable "desired_count" {\n', 'variable "desired_count" {\n  default = 1\n'
    )
    put(tmp_path, files)
    environ = {"TF_VAR_desired_count": "1"}
    wanted = render(made(service__desired_count=3, fleet__max_size=2))
    changes = compare(tmp_path, wanted, environ=environ)
    with pytest.raises(WriteProblem, match="TF_VAR_desired_count: it is set in the environment"):
        write(changes)
    assert compare(tmp_path, render(made()), environ=environ).files == ()


def test_a_file_that_overrules_ours_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"ours.auto.tfvars": "max_size = 7\n"})
    changes = compare(tmp_path, render(made()))
    with pytest.raises(
        WriteProblem, match=r"Another file .* sets fleet\.max_size, .* ours\.auto\.tfvars"
    ):
        write(changes)
    assert [path.name for path in tmp_path.iterdir()] == ["ours.auto.tfvars"]


@pytest.mark.parametrize("file", ["terraform.tfvars", "sizes.auto.tfvars"])
@pytest.mark.parametrize(
    "before",
    ["max_size /* at most */ = 2", "max_size = /* not more\nthan */ 2", "max_size/**/=/**/2 # two"],
)
def test_a_comment_beside_the_equals_sign(tmp_path: Path, file: str, before: str) -> None:
    files = render(made())
    line = next(it for it in files["terraform.tfvars"].splitlines() if it.startswith("max_size"))
    moved = dict(files)
    if file == "terraform.tfvars":
        moved[file] = files[file].replace(line, before)
    else:
        moved["terraform.tfvars"] = files["terraform.tfvars"].replace(f"{line}\n", "")
        moved[file] = f"{before}\n"
    put(tmp_path, moved)
    assert read(tmp_path).stack == made()
    changes = compare(tmp_path, render(made(fleet__max_size=4)))
    assert (changes.without_effect, [it.file for it in changes.files]) == ((), [file])
    write(changes)
    after = before[:-1] + "4" if before.endswith("2") else before.replace("2 #", "4 #")
    assert (tmp_path / file).read_text() == moved[file].replace(before, after)


def test_a_value_that_cannot_be_changed_names_a_file(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    changes = compare(tmp_path, render(made(fleet__max_size=4)))
    stuck = replace(changes, without_effect=("fleet.max_size",))
    with pytest.raises(WriteProblem) as refused:
        write(stuck)
    assert "terraform.tfvars" in refused.value.remedy
    empty = replace(stuck, before={}, foreign=())
    with pytest.raises(WriteProblem) as refused:
        write(empty)
    assert refused.value.remedy.endswith(f"{tmp_path}.")
