from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.state.environment import child_environment, origin, return_to

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}


def test_what_is_always_set() -> None:
    made = child_environment({"PATH": "/bin", "TF_INPUT": "1"})
    assert made.notes == ()
    assert made.variables == {
        "PATH": "/bin",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }


def test_a_configuration_file_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    made = child_environment({"TF_CLI_CONFIG_FILE": missing})
    assert "TF_CLI_CONFIG_FILE" not in made.variables
    assert made.notes == (f"TF_CLI_CONFIG_FILE is ignored: {missing} is not a file.",)
    there = tmp_path / "rc"
    there.touch()
    kept = child_environment({"TF_CLI_CONFIG_FILE": str(there)})
    assert kept.variables["TF_CLI_CONFIG_FILE"] == str(there) and kept.notes == ()


def test_arguments_from_the_environment_are_left_out() -> None:
    made = child_environment({"TF_CLI_ARGS": "-no-color", "TF_CLI_ARGS_plan": "-target=x"})
    assert not any(name.startswith("TF_CLI_ARGS") for name in made.variables)
    assert made.notes == (
        "-target=x in TF_CLI_ARGS_plan is ignored: a run always plans the whole stack.",
    )


def test_logs_go_to_a_file_or_nowhere() -> None:
    assert "TF_LOG" not in child_environment({"TF_LOG": "trace"}).variables
    both = {"TF_LOG": "trace", "TF_LOG_PATH": "/tmp/x.log"}
    assert both.items() <= dict(child_environment(both).variables).items()


def test_what_changes_the_plan_is_told() -> None:
    given = {"TF_WORKSPACE": "blue", "TF_DATA_DIR": ".tf", "TF_VAR_image": "hidden", **KEYS}
    made = child_environment(given)
    assert given.items() <= dict(made.variables).items()
    words = " ".join(made.notes)
    assert "TF_WORKSPACE" in words and "TF_DATA_DIR" in words and "TF_VAR_image" in words
    assert "hidden" not in words and "s3cr3t" not in words


def test_a_profile_beats_keys() -> None:
    made = child_environment({"AWS_REGION": "eu-west-1", "AWS_PROFILE": "a", **KEYS}, profile="b")
    assert made.variables["AWS_PROFILE"] == "b" and made.variables["AWS_REGION"] == "eu-west-1"
    assert not KEYS.keys() & made.variables.keys()
    assert any("AWS_ACCESS_KEY_ID" in note for note in made.notes)


def test_an_origin_has_settings_but_no_secret() -> None:
    given = {
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "AWS_SESSION_TOKEN": "t0k3n",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t0k3n",
        "TF_WORKSPACE": "blue",
        "HOME": "/home/a",
        **KEYS,
    }
    made = origin(given)
    assert set(made.variables) == {
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "TF_WORKSPACE",
    }
    assert made.fingerprint and "AKIA" not in made.fingerprint


def test_an_approval_returns_to_the_settings_of_the_plan() -> None:
    made = origin({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PROFILE": "demo"})
    there = return_to({"PATH": "/bin", "AWS_REGION": "us-east-1", **KEYS}, made)
    # No Region, and no keys that would take precedence over the profile.
    assert there == {
        "PATH": "/bin",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_PROFILE": "demo",
    }


def test_an_approval_with_the_same_keys() -> None:
    made = origin({**KEYS, "AWS_REGION": "eu-west-1"})
    assert return_to(KEYS, made) == {**KEYS, "AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(
    ("present", "words"),
    [
        ({}, "which has none now"),
        ({**KEYS, "AWS_ACCESS_KEY_ID": "AKIAOTHER"}, "access keys other than"),
    ],
)
def test_an_approval_with_other_keys_is_refused(present: dict[str, str], words: str) -> None:
    with pytest.raises(RunProblem, match=words):
        return_to(present, origin(KEYS))


@pytest.mark.parametrize(
    ("environ", "noted"),
    [
        ({"http_proxy": "http://proxy:3128"}, True),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "localhost,.corp"}, True),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "localhost, 169.254.169.254"}, False),
        ({"HTTP_PROXY": "http://proxy:3128", "no_proxy": "169.254.0.0/16"}, False),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, False),
        ({"HTTP_PROXY": "http://proxy:3128", "AWS_PROFILE": "x"}, False),
        ({"HTTP_PROXY": "http://proxy:3128", "AWS_EC2_METADATA_DISABLED": "true"}, False),
        ({"HTTPS_PROXY": "http://proxy:3128"}, False),
        ({}, False),
    ],
)
def test_a_proxy_before_the_metadata_address_is_noted(environ: dict[str, str], noted: bool) -> None:
    notes = child_environment(environ).notes
    assert any("169.254.169.254" in note for note in notes) is noted
