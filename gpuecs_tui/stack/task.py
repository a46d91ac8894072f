"""The task definition and its container, which runs on a GPU."""

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
"""An image reference as in github.com/distribution/reference, regexp.go, without two forms that ECS
rejects: an IPv6 address in brackets, and a digest other than SHA-256."""
IMAGE_MAX = 255
ROLE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+"
SECRET_ARN = (
    r"arn:aws[a-z-]*:(?:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:\S+"
    r"|ssm:[a-z0-9-]+:[0-9]{12}:parameter/\S+)"
)
KMS_KEY_ARN = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+"
"""CloudWatch Logs accepts no alias (API reference, AssociateKmsKey)."""
PARAMETER_NAME = r"/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*"
"""The name of an SSM parameter (SSM API reference, PutParameter). ECS looks it up in the task's own
Region."""
VARIABLE_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
PORT_MAX = 65535
STOP_MAX = 86400
"""Seconds; a day, far more than a Spot instance has after its notice."""
LOG_BUFFER_MAX = 1024
"""MiB; the Docker daemon uses this memory in addition to that of the tasks."""
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
"""``task.log_retention_days`` for a log group that the stack doesn't create."""
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
        N_("Container image URI. Add @sha256:… to pin an exact image."),
        pattern=IMAGE,
        pattern_says=N_(
            "must be an image reference: an optional registry, a repository in lowercase, then "
            ":tag, @sha256:digest, or both"
        ),
        max_length=IMAGE_MAX,
        optional=False,
    )
    container_name: str = text(
        N_("Container name"),
        N_("Name of the container."),
        "app",
        pattern=ECS_NAME,
        pattern_says=ECS_NAME_SAYS,
        max_length=ECS_NAME_MAX,
        optional=False,
    )
    container_port: int = integer(
        N_("Container port"),
        N_("Port on which the container listens."),
        8000,
        minimum=1,
        maximum=PORT_MAX,
    )
    host_port: int = integer(
        N_("Host port"),
        N_(
            "0: a dynamic port for each task (bridge mode). A fixed port allows one task per "
            "instance."
        ),
        0,
        minimum=0,
        maximum=PORT_MAX,
    )
    network_mode: str = choice(
        N_("Network mode"),
        N_(
            "bridge suits most services. awsvpc gives each task its own address. host uses the "
            "address of the instance."
        ),
        "bridge",
        ("bridge", "host", "awsvpc"),
    )
    cpu: int = integer(
        N_("CPU"),
        N_("CPU units of the task. 1024 CPU units are one vCPU."),
        derived=True,
        minimum=CPU_MIN,
        maximum=CPU_MAX,
        unit=N_("CPU units"),
    )
    memory: int = integer(
        N_("Memory"),
        N_("Memory of the task."),
        derived=True,
        minimum=CONTAINER_MEMORY_MIN,
        maximum=MEMORY_MAX,
        unit="MiB",
    )
    container_cpu: int = integer(
        N_("Container CPU"),
        N_("At most the CPU of the task."),
        derived=True,
        minimum=CPU_MIN,
        maximum=CPU_MAX,
        unit=N_("CPU units"),
    )
    container_memory: int = integer(
        N_("Container memory"),
        N_("At most the memory of the task. A container that uses more is killed."),
        derived=True,
        minimum=CONTAINER_MEMORY_MIN,
        maximum=MEMORY_MAX,
        unit="MiB",
    )
    gpus: int = integer(
        N_("GPUs"),
        N_("Whole GPUs for each task. Other tasks can't use them."),
        1,
        minimum=1,
        maximum=GPUS_MAX,
    )
    environment: dict[str, str] = table(
        N_("Environment"),
        N_(
            "One NAME=value per line. NVIDIA_DRIVER_CAPABILITIES makes the driver visible to "
            "images that are not based on a CUDA image."
        ),
        {"NVIDIA_DRIVER_CAPABILITIES": "all"},
        item_pattern=VARIABLE_NAME,
        pattern_says=N_("must be a variable name"),
    )
    secrets: dict[str, str] = table(
        N_("Secrets"),
        N_(
            "One NAME=ARN per line, of a Secrets Manager secret or an SSM parameter. For a "
            "parameter in the Region of the stack, the name is enough. The execution role may read "
            "only these."
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
        N_("Linux capabilities to add to the container. SYS_ADMIN is nearly root on the instance."),
        (),
        choices=CAPABILITIES,
    )
    ipc_mode: str = choice(
        N_("IPC mode"),
        N_(
            "default: each container has its own shared memory (/dev/shm). It can also share that "
            "of its task or of the instance (host), or have none."
        ),
        "default",
        ("default", "task", "host", "none"),
        unset="default",
    )
    shared_memory_mib: int = integer(
        N_("Shared memory"),
        N_("Size of /dev/shm, which PyTorch data loaders need. 0: Docker's default of 64 MiB."),
        0,
        minimum=0,
        maximum=MEMORY_MAX,
        unit="MiB",
    )
    init_process: bool = flag(
        N_("Init process"),
        N_("Runs an init process in the container that reaps child processes. ECS Exec needs it."),
        True,
        unset=False,
    )
    stop_timeout_seconds: int = integer(
        N_("Stop timeout"),
        N_(
            "Time from SIGTERM to SIGKILL after draining, for example to finish a batch or to "
            "write a cache. 0 keeps the ECS agent's default of 30 s."
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
        N_("Replaces the command of the image. Write it as in a shell."),
        (),
        words=True,
    )
    log_group: str = text(
        N_("Log group"),
        N_("Log group for the output of the container."),
        derived=True,
        optional=False,
        pattern=LOG_GROUP_NAME,
        max_length=LOG_GROUP_NAME_MAX,
        pattern_says=N_("can contain only letters, numbers, and . - _ / #"),
    )
    log_retention_days: int = integer(
        N_("Log retention"),
        N_("How long to keep logs. 0: forever. -1: the log group already exists."),
        30,
        choices=(LOG_GROUP_EXISTS, 0, *RETENTION_DAYS),
        unit=N_("days"),
    )
    log_kms_key_arn: str = text(
        N_("Log encryption key"),
        N_(
            "ARN of a KMS key that encrypts the log group. Its policy must allow CloudWatch Logs "
            "(logs.REGION.amazonaws.com). Leave empty to use the encryption of CloudWatch Logs."
        ),
        "",
        pattern=KMS_KEY_ARN,
        pattern_says=N_("must be the ARN of a KMS key"),
    )
    log_stream_prefix: str = text(
        N_("Log stream prefix"),
        N_("Log streams are named PREFIX/CONTAINER/TASK."),
        derived=True,
        optional=False,
        pattern=r"[^:*\s]+",
        max_length=255,
        pattern_says=N_("must not contain :, *, or white space"),
    )
    log_buffer_mib: int = integer(
        N_("Log buffer"),
        N_(
            "Logs are buffered in memory, so the container never waits for CloudWatch. Logs beyond "
            "this size are lost. 0 leaves mode and buffer size to the account setting."
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
            "ARN of an existing role that ECS uses to pull the image and write logs. Leave empty "
            "to create one."
        ),
        "",
        pattern=ROLE_ARN,
        pattern_says=N_("must be the ARN of an IAM role"),
    )
    task_role_arn: str = text(
        N_("Task role"),
        N_(
            "ARN of an existing role that your code uses to call AWS. Leave empty to create one "
            "without permissions."
        ),
        "",
        pattern=ROLE_ARN,
        pattern_says=N_("must be the ARN of an IAM role"),
    )
