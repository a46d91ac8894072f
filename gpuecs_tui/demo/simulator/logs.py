"""Log lines of tasks in CloudWatch Logs: a model server's start, its requests, its last words.

Streams are named as the awslogs driver names them, ``PREFIX/CONTAINER/TASK-ID``
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.model.tasks import PlayedTask
from gpuecs_tui.demo.plays.tasks import TaskEnd, lines_of_exit

STARTED = (
    "INFO Starting model server 2.4 (python 3.12, torch 2.7, CUDA 12.8)",
    "INFO Found {gpus} GPU(s): {gpu}",
    "INFO Loading model weights: shard 1 of 4",
)
LOADING = "INFO Loading model weights: shard {shard} of 4"
LOADED = (
    "INFO Loading model weights: shard 4 of 4",
    "INFO Model loaded: 13.2 GiB of GPU memory in use",
    "INFO Listening on 0.0.0.0:{port}",
)
REQUESTS = (
    'INFO 10.0.{third}.{host} "POST /v1/completions HTTP/1.1" 200 {ms} ms',
    'INFO 10.0.{third}.{host} "POST /v1/chat/completions HTTP/1.1" 200 {ms} ms',
    'INFO 10.0.{third}.{host} "POST /v1/embeddings HTTP/1.1" 200 {ms} ms',
)
STOPPING = "INFO Received SIGTERM, shutting down"
EVENTS_KEPT = 5000
"""Events of one stream; the oldest are dropped, so that a long session doesn't fill the memory."""


class Logs:
    """The log lines of one Region's tasks."""

    def __init__(self, backend: Any, ecs: Any) -> None:
        self._backend, self._ecs = backend, ecs
        self._said: dict[str, float] = {}
        """Task id and step → when it was written, on the account's clock."""

    def play(self, task: PlayedTask, *, healthy: bool, loads: bool) -> None:
        """Write what a task says now; it never ends to load its model if not ``loads``."""
        if task.started_at is None or task.last_status == "STOPPED":
            return
        if self._once(task, "start"):
            gpus = task.need.gpus
            ids = ", ".join(task.containers[0]["gpuIds"]) or "none"
            self.write(task, [line.format(gpus=gpus, gpu=ids) for line in STARTED])
        if not task.live:
            if self._once(task, "stop") and not task.failed:
                self.write(task, [STOPPING])
            return
        if task.age < timings.LOAD:
            return
        if not loads:
            if self._every(task, "load"):
                self.write(task, [LOADING.format(shard=2)])
            return
        if self._once(task, "loaded"):
            port = next(iter(task.containers[0]["ports"]), 8000)
            self.write(task, [line.format(port=port) for line in LOADED])
        if healthy and self._every(task, "request"):
            self.write(task, [self._request(task)])

    def forget(self, task: PlayedTask) -> None:
        """Drop what is known of a task that has stopped."""
        for step in ("start", "stop", "load", "loaded", "request", "requests"):
            self._said.pop(f"{task.id} {step}", None)

    def last_lines(self, end: TaskEnd, code: int) -> tuple[str, ...]:
        """Return the last lines of a program that ends so."""
        return end.lines or (lines_of_exit(code) if end.exit_code is None else ())

    def write(self, task: PlayedTask, lines: Iterable[str]) -> None:
        """Add lines to the task's stream; nothing if its first container has no awslogs group."""
        place = self._place(task)
        if place is None:
            return
        group, stream = place
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        if not events:
            return
        if stream not in self._backend.groups[group].streams:
            self._backend.create_log_stream(group, stream)
        self._backend.put_log_events(group, stream, events)
        del self._backend.groups[group].streams[stream].events[:-EVENTS_KEPT]

    def _place(self, task: PlayedTask) -> tuple[str, str] | None:
        definition = self._ecs.describe_task_definition(task.task_definition_arn)
        container = definition.container_definitions[0]
        settings = container.get("logConfiguration") or {}
        options = settings.get("options") or {}
        group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
        if settings.get("logDriver") != "awslogs" or not prefix:
            return None
        if group not in self._backend.groups:
            return None
        return str(group), f"{prefix}/{container['name']}/{task.id}"

    def _request(self, task: PlayedTask) -> str:
        count = int(self._said.get(f"{task.id} requests", 0))
        self._said[f"{task.id} requests"] = count + 1
        words = REQUESTS[count % len(REQUESTS)]
        return words.format(third=count % 3, host=20 + count % 200, ms=180 + 37 * count % 400)

    def _once(self, task: PlayedTask, step: str) -> bool:
        key = f"{task.id} {step}"
        known = key in self._said
        self._said.setdefault(key, timings.now())
        return not known

    def _every(self, task: PlayedTask, step: str) -> bool:
        key = f"{task.id} {step}"
        due = timings.now() - self._said.get(key, float("-inf")) >= timings.REQUEST
        if due:
            self._said[key] = timings.now()
        return due
