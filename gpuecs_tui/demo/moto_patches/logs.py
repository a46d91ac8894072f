"""Gaps of moto's CloudWatch Logs."""

from __future__ import annotations

import json
from typing import Any

from moto.logs.responses import LogsResponse

from gpuecs_tui.demo.moto_patches.patching import wrap


def events_by_prefix() -> None:
    """FilterLogEvents ignores logStreamNamePrefix, and sorts events only on request."""

    def filter_events(_original: Any, self: LogsResponse) -> str:
        group, backend = self._get_param("logGroupName"), self.logs_backend
        names = self._get_param("logStreamNames", [])
        prefix = self._get_param("logStreamNamePrefix")
        if prefix:
            streams = backend.groups[group].streams if group in backend.groups else ()
            # An empty list would mean every stream.
            names = [it for it in streams if it.startswith(prefix)] or [prefix]
        events, token, searched = backend.filter_log_events(
            group,
            names,
            self._get_param("startTime"),
            self._get_param("endTime"),
            self._get_param("limit"),
            self._get_param("nextToken"),
            self._get_param("filterPattern"),
            True,
        )
        return json.dumps({"events": events, "nextToken": token, "searchedLogStreams": searched})

    wrap(LogsResponse, "filter_log_events", filter_events)


GAPS = (events_by_prefix,)
