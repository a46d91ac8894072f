"""Rule registry-login: the registry of the image requires a login, and tasks can't log in."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.ecr import ecr_image
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, undecided, warning
from gpuecs_tui.i18n import _

RULE = "registry-login"
IMAGE = "task.image"
DOCKER_HUB = "docker.io"
DOCKER_HUB_NAMES = (DOCKER_HUB, "index.docker.io", "registry-1.docker.io")
OFFICIAL = "library"
"""Docker Hub's namespace of images whose name has no namespace, such as ``ubuntu``."""

OPEN = (
    "public.ecr.aws", "mcr.microsoft.com", "registry.k8s.io", "k8s.gcr.io", "docker.elastic.co",
    "lscr.io",
)  # fmt: skip
"""Registries whose images can all be pulled without a login."""
PUBLIC = {
    DOCKER_HUB: (
        OFFICIAL, "amazon", "bitnami", "huggingface", "intel", "jupyter", "langgenius", "lmsysorg",
        "localai", "modelscope", "nvidia", "ollama", "openmmlab", "openvino", "pytorch",
        "rayproject", "rocm", "selenium", "tensorflow", "tritonserver", "vllm", "xprobe",
    ),
    "ghcr.io": (
        "abetlen", "ai-dock", "berriai", "ggerganov", "ggml-org", "huggingface", "invoke-ai",
        "linuxserver", "mistralai", "mlc-ai", "mudler", "open-webui", "predibase", "sgl-project",
    ),
    "gcr.io": ("cloud-marketplace", "deeplearning-platform-release", "distroless",
               "google-containers", "google.com", "kaggle-gpu-images", "kaggle-images"),
    "nvcr.io": ("nvidia",),
    "quay.io": ("ascend", "centos", "coreos", "fedora", "go-skynet", "jupyter", "modh", "podman",
                "prometheus", "pypa"),
    "registry.gitlab.com": ("nvidia",),
    "us-docker.pkg.dev": ("deeplearning-platform-release",),
}  # fmt: skip
"""Registry → namespaces whose images were public when this list was made (2026-11)."""
ALWAYS = ("nvcr.io", "registry.redhat.io", "registry.connect.redhat.com")
"""Registries that require a login for images outside PUBLIC."""
ALWAYS_BELOW = (".azurecr.io",)
"""Registries, by the end of the host name, whose images are private unless their owner makes them
public."""


def registry_login(context: Context) -> Iterator[Finding]:
    """The execution role logs in to ECR only. Pulls from other registries are anonymous."""
    reference = context.stack.task.image
    if not reference or ecr_image(reference):
        return
    host, path = split(reference)
    namespace = path.partition("/")[0]
    if host in OPEN or namespace in PUBLIC.get(host, ()):
        return
    remedy = _("copy the image to ECR, or check that it can be pulled without a login")
    if host in ALWAYS or host.endswith(ALWAYS_BELOW):
        yield warning(
            RULE,
            IMAGE,
            _(
                "{registry} requires a login to pull {path}, and the task has no credentials for "
                "it. Tasks will stop with CannotPullContainerError."
            ).format(registry=host, path=path),
            _("copy the image to ECR"),
        )
    else:
        yield undecided(
            RULE,
            IMAGE,
            _(
                "Could not check whether {path} can be pulled from {registry} without a login. If "
                "it is private, tasks will stop with CannotPullContainerError: they have no "
                "credentials for it."
            ).format(registry=host, path=path),
            remedy,
        )


def split(reference: str) -> tuple[str, str]:
    """Return the registry of an image reference and the repository in it, both without tag.

    The first part is a registry if it contains a dot or a colon or is ``localhost``; otherwise the
    image is on Docker Hub (github.com/distribution/reference, normalize.go).
    """
    name = reference.partition("@")[0]
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = DOCKER_HUB, name
    host = DOCKER_HUB if first.lower() in DOCKER_HUB_NAMES else first.lower()
    path = rest.partition(":")[0]
    if host == DOCKER_HUB and "/" not in path:
        path = f"{OFFICIAL}/{path}"
    return host, path
