"""Options of the service's container that most services leave to the image and to Docker."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import flag, integer, table, text, texts

REGISTRY_SECRET = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^\s:]+"
"""ECS reads the whole secret (ECS developer guide, "Private registry authentication for tasks")."""
ULIMITS = (
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
    "rss", "rtprio", "rttime", "sigpending", "stack",
)  # fmt: skip
"""ECS API reference, UlimitName."""
ULIMIT = r"(?:-1|0|[1-9][0-9]{0,9}):(?:-1|0|[1-9][0-9]{0,9})"
"""Soft and hard limit; -1 is unlimited."""
ULIMIT_MAX = 2**31 - 1
"""The limits are 32-bit integers (ECS API reference, Ulimit)."""
UNLIMITED = -1
USER = r"[A-Za-z0-9_.-]+(?::[A-Za-z0-9_.-]+)?"
"""user, uid, user:group and so on (ECS API reference, ContainerDefinition, ``user``)."""
LABEL = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
EXIT_CODE = r"[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]"
EXIT_CODES_MAX = 50
"""ECS API reference, ContainerRestartPolicy."""
RESTART_PERIOD_MIN, RESTART_PERIOD, RESTART_PERIOD_MAX = 60, 300, 1800
"""Seconds: range and default of AWS (ECS API reference, ContainerRestartPolicy)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """``container.*``: further options of the service's container."""

    registry_secret_arn: str = text(
        N_("Registry credentials"),
        N_(
            "Secrets Manager secret with the JSON keys username and password, for an image outside "
            "ECR. For nvcr.io (NGC) the user name is $oauthtoken, for ghcr.io and Docker Hub the "
            "password is an access token. The execution role may read it."
        ),
        "",
        pattern=REGISTRY_SECRET,
        pattern_says=N_("must be the ARN of a Secrets Manager secret, without a JSON key"),
        unset="",
    )
    entry_point: tuple[str, ...] = texts(
        N_("Entry point"),
        N_("Replaces the entry point of the image. Write it as in a shell."),
        (),
        words=True,
        unset=(),
    )
    working_directory: str = text(
        N_("Working directory"),
        N_("Directory in the container in which the command starts."),
        "",
        pattern=r"/\S*",
        pattern_says=N_("must start with / and contain no spaces"),
        unset="",
    )
    user: str = text(
        N_("User"),
        N_(
            "User of the container's process, such as 1000:1000. Leave empty to use the user of "
            "the image, which is often root."
        ),
        "",
        pattern=USER,
        pattern_says=N_("must be a user or a UID, or one of them with :group or :GID"),
        unset="",
    )
    ulimits: dict[str, str] = table(
        N_("Ulimits"),
        N_(
            "One NAME=SOFT:HARD per line. -1 is unlimited. RDMA and pinned memory need "
            "memlock=-1:-1, and many open connections need nofile=65536:65536."
        ),
        {},
        item_pattern="|".join(ULIMITS),
        pattern=ULIMIT,
        pattern_says=N_(
            "must be NAME=SOFT:HARD with a name of Docker's --ulimit, such as memlock=-1:-1"
        ),
        unset={},
    )
    labels: dict[str, str] = table(
        N_("Docker labels"),
        N_("One NAME=value per line, for agents on the instance that read labels."),
        {},
        item_pattern=LABEL,
        pattern_says=N_("must be a label name, such as com.example.team"),
        unset={},
    )
    read_only_root: bool = flag(
        N_("Read-only root"),
        N_(
            "The container can't write to its root file system, only to /dev/shm. Many model "
            "servers write caches and temporary files. ECS Exec doesn't support it."
        ),
        False,
        unset=False,
    )
    restart: bool = flag(
        N_("Restart policy"),
        N_(
            "The ECS agent restarts the container when it exits after the restart period. The task "
            "continues to run, so the circuit breaker doesn't count that failure."
        ),
        False,
        unset=False,
    )
    restart_period_seconds: int = integer(
        N_("Restart period"),
        N_(
            "The container must run this long before it is restarted. If it exits earlier, the "
            "task stops."
        ),
        RESTART_PERIOD,
        minimum=RESTART_PERIOD_MIN,
        maximum=RESTART_PERIOD_MAX,
        unit="s",
        unset=RESTART_PERIOD,
    )
    restart_ignored_exit_codes: tuple[str, ...] = texts(
        N_("Ignored exit codes"),
        N_("Exit codes after which the container is not restarted, such as 0."),
        (),
        item_pattern=EXIT_CODE,
        pattern_says=N_("must be an exit code between 0 and 255"),
        unset=(),
    )
