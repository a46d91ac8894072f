"""What CloudWatch Logs refuses and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend

from gpuecs_tui.demo.moto_patches.patching import wrap

# fmt: off
RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)
# fmt: on
"""The numbers of days that PutRetentionPolicy takes.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


def odd_retention() -> None:
    """PutRetentionPolicy accepts any number of days."""

    def put(original: Any, self: LogsBackend, name: str, days: int) -> None:
        if int(days) not in RETENTIONS:
            raise InvalidParameterException(
                f"Invalid retention value. Valid values are: {list(RETENTIONS)}"
            )
        original(self, name, days)

    wrap(LogsBackend, "put_retention_policy", put)


GAPS = (odd_retention,)
