"""The image that ``deploy --image`` names."""

from __future__ import annotations

import re

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS

IMAGE = "task.image"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
"""A tag (github.com/distribution/reference, regexp.go)."""


def wanted_image(text: str, present: str) -> str:
    """Return the image reference for a TAG, an @DIGEST, or a full reference.

    A tag or digest is one of the repository of ``present``. Raises Failure for another text.
    """
    if text.startswith("@"):
        wanted = f"{_repository(present)}{text}"
    elif _TAG.fullmatch(text):
        wanted = f"{_repository(present)}:{text}"
    else:
        wanted = text
    if reason := KEYS[IMAGE].problem(wanted):
        raise Failure(
            _("{image} {reason}.").format(image=wanted, reason=reason),
            _("Use a tag, @sha256:DIGEST, or a whole reference."),
            EXIT_USAGE,
        )
    return wanted


def _repository(reference: str) -> str:
    """Return an image reference without tag and digest."""
    name = reference.partition("@")[0]
    path, slash, last = name.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"
