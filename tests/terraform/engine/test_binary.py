from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import EngineProblem
from gpuecs_tui.terraform.engine import binary
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE, find_engine
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def answering(path: Path, version: str) -> Path:
    return script(path, f'echo \'{{"terraform_version": "{version}"}}\'')


def test_terraform_on_the_path_comes_before_tofu(tmp_path: Path) -> None:
    answering(tmp_path / "tofu", "1.10.6")
    assert find_engine({"PATH": str(tmp_path)}).product == "tofu"
    answering(tmp_path / "terraform", "1.11.4")
    engine = find_engine({"PATH": str(tmp_path)})
    assert (engine.product, engine.version) == ("terraform", "1.11.4")
    assert (engine.name, engine.registry) == ("Terraform", "registry.terraform.io")


def test_the_variable_names_another(tmp_path: Path) -> None:
    answering(tmp_path / "terraform", "1.11.4")
    other = answering(tmp_path / "elsewhere" / "tofu", "1.10.0")
    engine = find_engine({"PATH": str(tmp_path), ENGINE_VARIABLE: str(other)})
    assert engine.path == other
    assert (engine.name, engine.registry) == ("OpenTofu", "registry.opentofu.org")


def test_a_renamed_tofu_is_known_by_its_words(tmp_path: Path) -> None:
    program = script(
        tmp_path / "iac",
        """[ "$2" = -json ] && echo '{"terraform_version": "1.10.0"}' || echo OpenTofu v1.10.0""",
    )
    assert find_engine({ENGINE_VARIABLE: str(program), "PATH": "/bin"}).product == "tofu"


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(EngineProblem, match="Could not find terraform or tofu on PATH") as told:
        find_engine({"PATH": str(tmp_path)})
    assert "1.10.0" in told.value.remedy


def test_the_variable_names_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        EngineProblem, match=r"is set to /no/such, which is not an executable program"
    ):
        find_engine({"PATH": str(tmp_path), ENGINE_VARIABLE: "/no/such"})


@pytest.mark.parametrize("version", ["1.9.8", "0.14.0", "", "banana"])
def test_too_old_or_unreadable(tmp_path: Path, version: str) -> None:
    answering(tmp_path / "terraform", version)
    with pytest.raises(EngineProblem, match=r"requires 1\.10\.0 or later"):
        find_engine({"PATH": str(tmp_path)})


@pytest.mark.parametrize("version", ["1.10.0", "1.10.0-rc1", "2.0.1"])
def test_new_enough(tmp_path: Path, version: str) -> None:
    answering(tmp_path / "terraform", version)
    assert find_engine({"PATH": str(tmp_path)}).version == version


@pytest.mark.parametrize("body", ["exit 3", "echo hello", "echo oops >&2; exit 1", "echo '[]'"])
def test_something_else_by_that_name(tmp_path: Path, body: str) -> None:
    path = script(tmp_path / "terraform", body)
    with pytest.raises(EngineProblem, match="version -json` failed") as told:
        find_engine({"PATH": str(tmp_path)})
    assert str(path) in told.value.message


def test_a_program_that_cannot_start(tmp_path: Path) -> None:
    path = tmp_path / "terraform"
    path.write_bytes(b"\x7fELF is not enough")
    path.chmod(0o755)
    with pytest.raises(EngineProblem, match="Could not start"):
        find_engine({"PATH": str(tmp_path)})


def test_its_question_is_not_changed_by_the_environment(tmp_path: Path) -> None:
    fake_engine.install(tmp_path, version="1.11.4", init=Command())
    environ = {"PATH": str(tmp_path), "TF_CLI_ARGS": "-chdir=/nowhere", "TF_LOG": "trace"}
    find_engine(environ, tmp_path / "not" / "yet")
    told = (tmp_path / "calls.jsonl").read_text()
    assert "TF_" not in told and f'"cwd": "{tmp_path}"' in told, "where its files will stand"


def test_a_binary_is_asked_once_and_a_script_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def ask(path: Path, _environ: object, _folder: Path) -> tuple[str, str]:
        asked.append(path)
        return "terraform", "1.11.4"

    monkeypatch.setattr(binary, "_ask_version", ask)
    program = tmp_path / "terraform"
    environ = {"PATH": str(tmp_path)}
    for content, questions in ((b"\x7fELF one", 1), (b"\x7fELF another", 1), (b"#!/bin/sh", 2)):
        program.write_bytes(content)
        program.chmod(0o755)
        asked.clear()
        for _again in range(2):
            assert find_engine(environ).version == "1.11.4"
        assert len(asked) == questions, content


def test_a_remembered_version_that_is_too_old_stays_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binary, "_ask_version", lambda *_given: ("terraform", "1.5.7"))
    (tmp_path / "terraform").write_bytes(b"\x7fELF")
    (tmp_path / "terraform").chmod(0o755)
    for _again in range(2):
        with pytest.raises(EngineProblem, match=r"is version 1\.5\.7"):
            find_engine({"PATH": str(tmp_path)})
