"""What CloudWatch Logs refuses and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.models import kms_backends
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from gpuecs_tui.aws.log_key import allows_logs
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


def key_of_logs() -> None:
    """CreateLogGroup accepts any KMS key; AssociateKmsKey and its opposite are missing."""

    def create(original: Any, self: LogsBackend, name: str, tags: Any, **given: Any) -> Any:
        if given.get("kmsKeyId"):
            _refuse_key(self, name, given["kmsKeyId"])
        return original(self, name, tags, **given)

    def associate(_original: Any, self: LogsResponse) -> str:
        key, group = self._get_param("kmsKeyId"), _group(self)
        _refuse_key(self.logs_backend, group.name, key)
        group.kms_key_id = key
        return ""

    def disassociate(_original: Any, self: LogsResponse) -> str:
        _group(self).kms_key_id = None
        return ""

    wrap(LogsBackend, "create_log_group", create)
    wrap(LogsResponse, "associate_kms_key", associate)
    wrap(LogsResponse, "disassociate_kms_key", disassociate)


def _group(response: LogsResponse) -> Any:
    name = response._get_param("logGroupName")
    # It raises what AWS answers for a group that does not exist.
    response.logs_backend.list_tags_log_group(name)
    return response.logs_backend.groups[name]


def _refuse_key(backend: LogsBackend, group: str, key: str) -> None:
    account, region = backend.account_id, backend.region_name
    arn = f"arn:aws:logs:{region}:{account}:log-group:{group}"
    found = kms_backends[account][region].keys.get(key.rpartition("/")[2])
    if found is None or allows_logs(found.policy, region, arn) is False:
        raise JsonRESTError(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
        )


GAPS = (odd_retention, key_of_logs)
