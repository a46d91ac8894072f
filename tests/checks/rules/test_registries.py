from __future__ import annotations

import pytest

from gpuecs_tui.checks.rules.registries import split
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import ANSWERS, IMAGE, account, findings, of_rule
from tests.support.terraform.written_files import SECRET


@pytest.mark.parametrize(
    ("image", "severity"),
    [
        (IMAGE, None),
        ("ubuntu:24.04", "unknown"),
        ("vllm/vllm-openai:v0.9.0", "unknown"),
        ("index.docker.io/ollama/ollama", "unknown"),
        ("nvcr.io/nvidia/tritonserver:25.01-py3", None),
        ("ghcr.io/huggingface/text-generation-inference:3.0", None),
        ("public.ecr.aws/docker/library/python:3.12", None),
        ("mcr.microsoft.com/azureml/curated/x:1", None),
        ("nvcr.io/nim/mistralai/mixtral-8x7b:1.0", "warning"),
        ("nvcr.io/0512345678/ours:2", "warning"),
        ("ours.azurecr.io/serving:2", "warning"),
        ("registry.redhat.io/rhel9/python-311", "warning"),
        ("ghcr.io/acme-robotics/grasp:7", "unknown"),
        ("acme-robotics/grasp@sha256:" + "a" * 64, "unknown"),
        ("quay.io/acme-robotics/grasp", "unknown"),
        ("registry.gitlab.com/acme/robotics/grasp:main", "unknown"),
        ("registry.acme.example:5000/grasp", "unknown"),
    ],
)
def test_registry_login(image: str, severity: str | None) -> None:
    found = of_rule("registry-login", task__image=image)
    assert found == ([(severity, "task.image")] if severity else [])
    # An image that isn't in ECR gets only one finding.
    said = of_rule("image-exists", task__image=image)
    assert len(said) == (0 if severity or image == IMAGE else 1)


NGC = "nvcr.io/nim/mistralai/mixtral-8x7b:1.0"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (IMAGE, [("warning", "container.registry_secret_arn")]),
        (NGC, []),
        ("vllm/vllm-openai:v0.9.0", []),
        ("ghcr.io/acme-robotics/grasp:7", []),
    ],
)
def test_credentials_end_the_finding_and_are_not_for_ecr(
    image: str, expected: list[tuple[str, str]]
) -> None:
    found = of_rule("registry-login", task__image=image, container__registry_secret_arn=SECRET)
    assert found == expected


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (NGC, "set container.registry_secret_arn to a secret with the user name $oauthtoken"),
        ("vllm/vllm-openai:v0.9.0", "copy the image to ECR, or set container.registry_secret_arn"),
        (
            "ghcr.io/acme-robotics/grasp:7",
            "otherwise, copy the image to ECR, or set container.",
        ),
    ],
)
def test_the_remedy_names_the_credentials_that_the_registry_wants(image: str, words: str) -> None:
    found = findings(account(), {**ANSWERS, "task.image": image})
    (remedy,) = [it.remedy for it in found if it.rule == "registry-login"]
    assert words in remedy


def test_the_images_of_further_containers_are_pulled_without_credentials() -> None:
    changes: dict[str, Value] = {
        "sidecars__images": {"metrics": NGC},
        "sidecars__memory_mib": {"metrics": "256"},
        "container__registry_secret_arn": SECRET,
    }
    assert of_rule("registry-login", task__image=NGC, **changes) == [("warning", "sidecars.images")]


def test_a_reference_is_split_as_docker_does() -> None:
    assert split("localhost/x:1") == ("localhost", "x")
    assert split("a/b:1") == ("docker.io", "a/b")
    assert split("pytorch") == ("docker.io", "library/pytorch")
    assert split("h.example:5000/a/b:1@sha256:0") == ("h.example:5000", "a/b")
