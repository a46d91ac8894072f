import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuecs_tui.stack.provider import Mirrored
from gpuecs_tui.terraform.base.problems import MirrorProblem
from gpuecs_tui.terraform.engine import mirror
from gpuecs_tui.terraform.engine.binary import Engine
from gpuecs_tui.terraform.engine.mirror import ProviderSource, find_mirror, fits, mirrored

TERRAFORM = Engine(Path("/usr/bin/terraform"), "terraform", "1.11.4")
TOFU = Engine(Path("/usr/bin/tofu"), "tofu", "1.10.0")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A separate /opt; no mirror of this machine is found."""
    folder = tmp_path / "opt"
    folder.mkdir()
    monkeypatch.setattr(mirror, "USUAL_PLACES", (str(folder),))
    monkeypatch.setattr(mirror, "this_platform", lambda: "linux_amd64")
    return folder


def unpacked(folder: Path, *versions: str, host: str = "registry.terraform.io") -> Path:
    for version in versions:
        (folder / host / "hashicorp/aws" / version / "linux_amd64").mkdir(parents=True)
    return folder


def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": str(tmp_path / "share")}


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("5.99.1", False),
        ("5.100.0", True),
        ("6.0.0", True),
        ("6.52.0", True),
        ("6.53.0", False),
        ("6.54.1", False),
        ("6.55.0", True),
        ("7.0.0", False),
        ("6.1.0-beta1", False),
        ("six", False),
    ],
)
def test_which_versions_fit(version: str, good: bool) -> None:
    assert fits(version) is good


def test_nothing_means_the_registry(places: Path, tmp_path: Path) -> None:
    found = find_mirror(TERRAFORM, environ=environment(tmp_path))
    assert (found.source, found.path, found.plugin_dir) == (ProviderSource.REGISTRY, None, None)


def test_a_mirror_in_a_usual_place(places: Path, tmp_path: Path) -> None:
    here = unpacked(places / "tf-mirror", "5.99.0", "5.100.0", "6.10.0", "6.9.0", "6.53.0")
    found = find_mirror(TERRAFORM, environ=environment(tmp_path))
    assert found.source is ProviderSource.FOUND
    assert found.plugin_dir == here
    assert found.versions == ("6.10.0", "6.9.0", "5.100.0")
    # The registry of the other engine is another tree.
    assert find_mirror(TOFU, environ=environment(tmp_path)).source is ProviderSource.REGISTRY
    unpacked(places / "tofu", "6.0.0", host="registry.opentofu.org")
    assert find_mirror(TOFU, environ=environment(tmp_path)).versions == ("6.0.0",)


def test_a_mirror_inside_a_products_folder(places: Path, tmp_path: Path) -> None:
    here = unpacked(places / "terraform" / "providers", "5.100.0")
    assert find_mirror(TERRAFORM, environ=environment(tmp_path)).path == here


def test_packed_providers_count_for_this_machine_only(places: Path, tmp_path: Path) -> None:
    folder = places / "m" / "registry.terraform.io/hashicorp/aws"
    folder.mkdir(parents=True)
    (folder / "terraform-provider-aws_6.1.0_linux_amd64.zip").touch()
    (folder / "terraform-provider-aws_6.2.0_darwin_arm64.zip").touch()
    assert find_mirror(TERRAFORM, environ=environment(tmp_path)).versions == ("6.1.0",)


def test_another_architecture_does_not_serve(places: Path, tmp_path: Path) -> None:
    (places / "m/registry.terraform.io/hashicorp/aws/6.1.0/linux_arm64").mkdir(parents=True)
    assert find_mirror(TERRAFORM, environ=environment(tmp_path)).source is ProviderSource.REGISTRY


def test_an_implied_mirror_needs_no_flag(places: Path, tmp_path: Path) -> None:
    unpacked(places / "tf-mirror", "6.10.0")
    here = unpacked(tmp_path / "home/.terraform.d/plugins", "5.100.0")
    found = find_mirror(TERRAFORM, environ=environment(tmp_path))
    assert (found.source, found.path, found.plugin_dir) == (ProviderSource.IMPLIED, here, None)


def test_a_configured_installation_is_left_alone(places: Path, tmp_path: Path) -> None:
    unpacked(places / "tf-mirror", "6.10.0")
    configuration = tmp_path / "cli.tfrc"
    configuration.write_text("provider_installation {\n  direct {}\n}\n")
    environ = environment(tmp_path) | {"TF_CLI_CONFIG_FILE": str(configuration)}
    found = find_mirror(TERRAFORM, environ=environ)
    assert (found.source, found.path, found.plugin_dir) == (
        ProviderSource.CONFIGURED,
        configuration,
        None,
    )


def test_a_configuration_about_other_things_changes_nothing(places: Path, tmp_path: Path) -> None:
    unpacked(places / "tf-mirror", "6.10.0")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".terraformrc").write_text("# provider_installation {}\ndisable_checkpoint = true\n")
    assert find_mirror(TERRAFORM, environ=environment(tmp_path)).source is ProviderSource.FOUND


def test_the_lock_file_decides_about_a_found_mirror(places: Path, tmp_path: Path) -> None:
    unpacked(places / "tf-mirror", "5.100.0")
    environ = environment(tmp_path)
    assert (
        find_mirror(TERRAFORM, locked="6.30.0", environ=environ).source is ProviderSource.REGISTRY
    )
    assert find_mirror(TERRAFORM, locked="5.100.0", environ=environ).source is ProviderSource.FOUND


def test_a_named_mirror_wins_and_must_serve(places: Path, tmp_path: Path) -> None:
    unpacked(tmp_path / "home/.terraform.d/plugins", "5.100.0")
    here = unpacked(tmp_path / "mine", "6.2.0")
    found = find_mirror(TERRAFORM, named=here, environ=environment(tmp_path))
    assert (found.source, found.plugin_dir) == (ProviderSource.NAMED, here)
    with pytest.raises(MirrorProblem, match="has no suitable AWS provider") as told:
        find_mirror(TERRAFORM, named=tmp_path / "opt", environ=environment(tmp_path))
    assert "registry.terraform.io/hashicorp/aws/VERSION/linux_amd64" in told.value.remedy


def test_a_crowded_place_costs_little(
    places: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2 * mirror._FOLDERS_LOOKED_AT):
        (places / f"product-{number}").mkdir()
    looked_at = []
    scandir = os.scandir

    def look(path: Path) -> Iterator[os.DirEntry[str]]:
        looked_at.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", look)
    assert find_mirror(TERRAFORM, environ=environment(tmp_path)).source is ProviderSource.REGISTRY
    # The folders of the home and the system, and the listing of the crowded folder, are extra.
    assert mirror._FOLDERS_LOOKED_AT <= len(looked_at) <= mirror._FOLDERS_LOOKED_AT + 5


def test_a_found_mirror_without_a_release_that_the_stack_accepts_is_ignored(
    places: Path, tmp_path: Path
) -> None:
    unpacked(places / "a", "5.100.0")
    environ = environment(tmp_path)
    found = find_mirror(TERRAFORM, minimum="6.4.0", environ=environ)
    assert found.source is ProviderSource.REGISTRY
    newer = unpacked(places / "b", "6.4.0")
    found = find_mirror(TERRAFORM, minimum="6.4.0", environ=environ)
    assert (found.source, found.path) == (ProviderSource.FOUND, newer)


def test_where_a_run_takes_the_provider_from(places: Path, tmp_path: Path) -> None:
    environ = environment(tmp_path)
    assert mirrored(environ) == Mirrored()
    old = unpacked(places / "a", "5.100.0")
    newer = unpacked(places / "b", "6.4.0", "5.100.0", host="registry.opentofu.org")
    assert mirrored(environ) == Mirrored(str(newer), ("6.4.0", "5.100.0"), only=False)
    assert mirrored(environ, old) == Mirrored(str(old), ("5.100.0",))
    implied = unpacked(tmp_path / "home" / ".terraform.d" / "plugins", "5.100.0")
    # Terraform uses an implied mirror in any case.
    assert mirrored(environ) == Mirrored(str(implied), ("5.100.0",))
    (tmp_path / "home" / ".terraformrc").write_text("provider_installation {\n}\n")
    assert mirrored(environ) == Mirrored()
    assert mirrored(environ, old).versions == ("5.100.0",)


def test_which_release_a_mirror_lacks() -> None:
    has = Mirrored("/m", ("6.20.9", "5.100.0"))
    assert [has.lacks(it) for it in ("5.100.0", "6.4.0", "6.20.9", "6.21.0")] == [
        False, False, False, True,
    ]  # fmt: skip
    assert not Mirrored().lacks("6.21.0"), "a registry has every release"
