"""What runs on a GPU: the task definition and its one container."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, flag, integer, table, text, texts
from gpuecs_tui.stack.identity import (
    ECS_NAME,
    ECS_NAME_MAX,
    ECS_NAME_SAYS,
    LOG_GROUP_NAME,
    LOG_GROUP_NAME_MAX,
)

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"{_HOST}(?:\.{_HOST})*(?::[0-9]+)?"
_PATH_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
IMAGE = rf"(?:{_DOMAIN}/)?{_PATH_PART}(?:/{_PATH_PART})*(?::{_TAG})?(?:@sha256:[0-9a-f]{{64}})?"
"""A reference as github.com/distribution/reference has it, regexp.go, but for two things that ECS
takes no image by: an IPv6 address in brackets, and a digest other than SHA-256."""
IMAGE_MAX = 255
ROLE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+"
SECRET_ARN = (
    r"arn:aws[a-z-]*:(?:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:\S+"
    r"|ssm:[a-z0-9-]+:[0-9]{12}:parameter/\S+)"
)
PARAMETER_NAME = r"/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*"
"""The name of an SSM parameter (SSM API reference, PutParameter), with which ECS finds one of the
task's own region."""
VARIABLE_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
PORT_MAX = 65535
STOP_MAX = 86400
"""Seconds; a day, far above what AWS leaves a spot instance."""
LOG_BUFFER_MAX = 1024
"""MiB; it is memory of the Docker daemon, beside the tasks'."""
CPU_MIN, CPU_MAX = 128, 196608
"""CPU units of a task on EC2 (ECS RegisterTaskDefinition)."""
CONTAINER_MEMORY_MIN = 6
"""MiB; Docker refuses less."""
MEMORY_MAX = 33_554_432
"""MiB: 32 TiB, above any instance."""
GPUS_MAX = 16
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip
LOG_GROUP_EXISTS = -1
"""``task.log_retention_days`` of a log group that something else made."""
CAPABILITIES = (
    "ALL", "AUDIT_CONTROL", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE",
    "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
    "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE",
    "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_BOOT",
    "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
    "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
)  # fmt: skip
"""ECS API reference, KernelCapabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """``task.*``."""

    image: str = text(
        N_("Image"),
        N_("A Docker image reference; pinned by its digest it can't change under you."),
        pattern=IMAGE,
        pattern_says=N_(
            "must be an image reference: a registry if any, a repository in lower case, then :tag, "
            "@sha256:digest or both"
        ),
        max_length=IMAGE_MAX,
        optional=False,
    )
    container_name: str = text(
        N_("Container name"),
        N_("The container's name."),
        "app",
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
        optional=False,
    )
    container_port: int = integer(
        N_("Container port"),
        N_("Where the container listens."),
        8000,
        minimum=1,
        maximum=PORT_MAX,
    )
    host_port: int = integer(
        N_("Host port"),
        N_("0: a free one for each task (bridge). A fixed one allows one task per instance."),
        0,
        minimum=0,
        maximum=PORT_MAX,
    )
    network_mode: str = choice(
        N_("Network mode"),
        N_("bridge suits most; awsvpc gives each task its own address; host the instance's."),
        "bridge",
        ("bridge", "host", "awsvpc"),
    )
    cpu: int = integer(
        N_("CPU"),
        N_("CPU units of a task; 1024 are one vCPU."),
        derived=True,
        minimum=CPU_MIN,
        maximum=CPU_MAX,
        unit=N_("CPU units"),
    )
    memory: int = integer(
        N_("Memory"),
        N_("Memory of a task."),
        derived=True,
        minimum=CONTAINER_MEMORY_MIN,
        maximum=MEMORY_MAX,
        unit="MiB",
    )
    container_cpu: int = integer(
        N_("Container CPU"),
        N_("At most the task's."),
        derived=True,
        minimum=CPU_MIN,
        maximum=CPU_MAX,
        unit=N_("CPU units"),
    )
    container_memory: int = integer(
        N_("Container memory"),
        N_("At most the task's; a container that takes more is killed."),
        derived=True,
        minimum=CONTAINER_MEMORY_MIN,
        maximum=MEMORY_MAX,
        unit="MiB",
    )
    gpus: int = integer(
        N_("GPUs"),
        N_("Whole GPUs of a task; no other task gets them."),
        1,
        minimum=1,
        maximum=GPUS_MAX,
    )
    environment: dict[str, str] = table(
        N_("Environment"),
        N_(
            "One NAME=value a line. NVIDIA_DRIVER_CAPABILITIES makes the driver visible to images "
            "not built on CUDA's."
        ),
        {"NVIDIA_DRIVER_CAPABILITIES": "all"},
        item_pattern=VARIABLE_NAME,
        pattern_says=N_("must be a variable's name"),
    )
    secrets: dict[str, str] = table(
        N_("Secrets"),
        N_(
            "One NAME=ARN a line, of a Secrets Manager secret or an SSM parameter; of a parameter "
            "in the stack's region the name is enough. The execution role may read just these."
        ),
        {},
        item_pattern=VARIABLE_NAME,
        pattern=f"{SECRET_ARN}|{PARAMETER_NAME}",
        pattern_says=N_(
            "must be NAME=ARN of a Secrets Manager secret or an SSM parameter, or NAME=PARAMETER"
        ),
    )
    capabilities: tuple[str, ...] = texts(
        N_("Capabilities"),
        N_("Linux capabilities added to the container; SYS_ADMIN is nearly root on the instance."),
        (),
        choices=CAPABILITIES,
    )
    shared_memory_mib: int = integer(
        N_("Shared memory"),
        N_("/dev/shm, which PyTorch's data loaders need. 0: Docker's 64 MiB."),
        0,
        minimum=0,
        maximum=MEMORY_MAX,
        unit="MiB",
    )
    init_process: bool = flag(
        N_("Init process"),
        N_("Runs an init process in the container that reaps child processes; ECS Exec needs it."),
        True,
        unset=False,
    )
    stop_timeout_seconds: int = integer(
        N_("Stop timeout"),
        N_(
            "From SIGTERM to SIGKILL, after draining: for a batch to be finished or a cache to be "
            "written. 0 leaves the ECS agent's 30 s."
        ),
        0,
        minimum=2,
        maximum=STOP_MAX,
        also=(0,),
        unit="s",
        unset=0,
    )
    command: tuple[str, ...] = texts(
        N_("Command"),
        N_("Replaces the image's command; typed as in a shell."),
        (),
        words=True,
    )
    log_group: str = text(
        N_("Log group"),
        N_("Where the container's output goes."),
        derived=True,
        optional=False,
        pattern=LOG_GROUP_NAME,
        max_length=LOG_GROUP_NAME_MAX,
        pattern_says=N_("may hold letters, digits and . - _ / #"),
    )
    log_retention_days: int = integer(
        N_("Log retention"),
        N_("How long logs are kept; 0 for ever; -1: the log group exists already."),
        30,
        choices=(LOG_GROUP_EXISTS, 0, *RETENTION_DAYS),
        unit=N_("days"),
    )
    log_stream_prefix: str = text(
        N_("Log stream prefix"),
        N_("Streams are called PREFIX/CONTAINER/TASK."),
        derived=True,
        optional=False,
        pattern=r"[^:*\s]+",
        max_length=255,
        pattern_says=N_("must not hold :, * or white space"),
    )
    log_buffer_mib: int = integer(
        N_("Log buffer"),
        N_(
            "The container never waits for CloudWatch: logs are buffered in memory, and lost "
            "beyond this. 0 leaves mode and buffer to the account's setting."
        ),
        25,
        minimum=1,
        maximum=LOG_BUFFER_MAX,
        also=(0,),
        unit="MiB",
        unset=0,
    )
    execution_role_arn: str = text(
        N_("Execution role"),
        N_(
            "An existing role's ARN, with which ECS pulls the image and writes logs. None: created."
        ),
        "",
        pattern=ROLE_ARN,
        pattern_says=N_("must be an IAM role's ARN"),
    )
    task_role_arn: str = text(
        N_("Task role"),
        N_("An existing role's ARN, as which your code calls AWS. None: an empty one is created."),
        "",
        pattern=ROLE_ARN,
        pattern_says=N_("must be an IAM role's ARN"),
    )
