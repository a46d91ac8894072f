"""Which files below a stack's directory, or next to it, count as files of its plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.runs.fingerprint import changed, files_below


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A directory with a local module that uses another module and a script, and unused files."""
    directory = tmp_path / "stack"
    texts = {
        "stack/main.tf": 'module "gpu" {\n  source = "./modules/gpu"\n}\n'
        'module "net" {\n  source = "../net"\n}\n'
        'locals {\n  conf = fileset("${path.module}/conf", "**")\n'
        '  key = file("../keys/key.pub")\n  text = file("${path.root}/../keys/text")\n}\n'
        'locals { page = templatefile("${path.module}/pages/${var.env}.json", {}) }\n'
        'locals { tree = fileset("../tree", "**") }\n',
        "stack/pages/test.json": "{}\n",
        "tree/deep/leaf": "1\n",
        "stack/conf/a.txt": "1\n",
        "stack/conf/deep/b.txt": "2\n",
        "keys/key.pub": "key\n",
        "keys/text": "text\n",
        "keys/another": "text\n",
        "stack/modules/gpu/main.tf": 'module "role" {\n  source = "../role"\n}\n',
        "stack/modules/role/main.tf": 'locals { start = file("${path.module}/start.sh") }\n',
        "stack/modules/role/start.sh": "#!/bin/bash\n",
        "stack/modules/role/README.md": "A note.\n",
        "stack/modules/other/main.tf": "locals {}\n",
        "stack/.terraform/modules/cached/main.tf": "locals {}\n",
        "net/main.tf": "locals {}\n",
        "apart/main.tf": "locals {}\n",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def test_files_that_the_terraform_names_count(stack: Path) -> None:
    assert set(files_below(stack)) == {
        "modules/gpu/main.tf",
        "modules/role/main.tf",
        "modules/role/start.sh",
        "../net/main.tf",
        "../keys/key.pub",
        "../keys/text",
        "conf/a.txt",
        "pages/test.json",
        "../tree/deep/leaf",
        "conf/deep/b.txt",
    }


@pytest.mark.parametrize(
    "name",
    ["modules/role/start.sh", "../net/main.tf", "modules/gpu/new.tf", "conf/new", "../keys/text"],
)
def test_an_edit_of_one_is_named(stack: Path, name: str) -> None:
    before = files_below(stack)
    (stack / name).write_text("# edited\n")
    assert changed(before, files_below(stack)) == [name]


@pytest.mark.parametrize(
    "name", ["modules/other/main.tf", "modules/role/README.md", "note.txt", "../keys/another"]
)
def test_an_edit_of_another_file_is_not(stack: Path, name: str) -> None:
    before = files_below(stack)
    (stack / name).write_text("# edited\n")
    assert files_below(stack) == before


def test_a_link_to_a_folder_above_ends(stack: Path) -> None:
    before = files_below(stack)
    (stack / "modules" / "again").symlink_to(stack, target_is_directory=True)
    assert files_below(stack) == before
