"""Rule registry-login: the registry of the image requires a login, or limits anonymous pulls."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.ecr import ecr_image
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, undecided, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.containers.references import images_of
from gpuecs_tui.stack.model import Stack

RULE = "registry-login"
IMAGE, SECRET = "task.image", "container.registry_secret_arn"
DOCKER_HUB = "docker.io"
NGC = "nvcr.io"
"""https://docs.nvidia.com/ngc/ has the user name for API keys."""
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
    """The execution role logs in to ECR. Other registries need credentials, or pulls are anonymous.

    Whether the credentials are right is not checked, because their secret is not read.
    """
    for key, reference in images_of(context.stack):
        yield from login_findings(context.stack, key, reference)


def login_findings(stack: Stack, key: str, reference: str) -> Iterator[Finding]:
    """Yield what is wrong with the login for the image ``reference`` of ``key``.

    Only the image of the service's container is pulled with credentials.
    """
    secret = stack.container.registry_secret_arn if key == IMAGE else ""
    if not reference:
        return
    if ecr_image(reference):
        if secret:
            yield warning(
                RULE,
                SECRET,
                _(
                    "ECR needs no registry credentials: the execution role logs in. AWS documents "
                    "credentials in a secret only for registries outside ECR."
                ),
                fix=((SECRET, ""),),
            )
        return
    if secret:
        return
    host, path = split(reference)
    namespace = path.partition("/")[0]
    public = host in OPEN or namespace in PUBLIC.get(host, ())
    if host == DOCKER_HUB and public:
        yield undecided(
            RULE,
            key,
            _(
                "Could not check whether {path} exists on Docker Hub, and whether the fleet "
                "reaches the limit of Docker Hub. It counts the pulls without a login from one IP "
                "address, which instances behind one NAT gateway share."
            ).format(path=path),
            _remedy(key, host),
        )
    elif public:
        return
    elif host in ALWAYS or host.endswith(ALWAYS_BELOW):
        yield warning(
            RULE,
            key,
            _(
                "{registry} requires a login to pull {path}, and the task has no credentials for "
                "it. Tasks will stop with CannotPullContainerError."
            ).format(registry=host, path=path),
            _remedy(key, host),
        )
    else:
        yield undecided(
            RULE,
            key,
            _(
                "Could not check whether {path} can be pulled from {registry} without a login. If "
                "it is private, tasks will stop with CannotPullContainerError: they have no "
                "credentials for it."
            ).format(registry=host, path=path),
            _("check that the image can be pulled without a login; otherwise, {remedy}").format(
                remedy=_remedy(key, host)
            ),
        )


def _remedy(key: str, host: str) -> str:
    """Return the action after which tasks can pull, an imperative without a full stop."""
    if key != IMAGE:
        return _("copy the image to ECR")
    if host == NGC:
        return _(
            "copy the image to ECR, or set container.registry_secret_arn to a secret with the user "
            "name $oauthtoken and an NGC API key as password"
        )
    return _(
        "copy the image to ECR, or set container.registry_secret_arn to a secret with the "
        "credentials"
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
