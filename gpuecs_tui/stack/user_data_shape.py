"""How cloud-init reads a user data text: as a shell script, or in another format."""

from __future__ import annotations

import re

from gpuecs_tui.i18n import N_

SHAPES = (
    (r"#cloud-config\b", N_("cloud-config")),
    (r"#cloud-config-archive\b", N_("a cloud-config archive")),
    (r"#cloud-boothook\b", N_("a cloud-init boothook")),
    (r"#(?:include|include-once)\b", N_("a cloud-init include list")),
    (r"#part-handler\b", N_("a cloud-init part handler")),
    (r"#upstart-job\b", N_("an Upstart job")),
    (r"##\s*template:\s*jinja", N_("a cloud-init Jinja template")),
    (r"MIME-Version:", N_("a MIME multi-part archive")),
    (r"Content-Type:\s*multipart/", N_("a MIME multi-part archive")),
    (r"<(?:powershell|script|persist|runAsLocalSystem)>", N_("user data for Windows")),
    (r"(?:IyEv|I2Nsb3Vk|TUlNRS1W|H4sI)\S*\s*\Z", N_("base64")),
    (r"\[settings(?:\.[\w.-]+)?\]", N_("TOML for Bottlerocket")),
    (r"\{\s*\"ignition\"", N_("an Ignition configuration")),
)
"""Start of a text → its format, untranslated (cloud-init, "User data formats"; EC2 user
guide, "How Amazon EC2 handles user data for Windows instances")."""

_SHELL = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?(?:ba|da|k|z)?sh\b")


def shape_of(text: str) -> str:
    """Return the format of ``text`` if it is not a shell script, untranslated; otherwise empty.

    The mark may follow comments, which users write above it.
    """
    for line in text.lstrip("\ufeff").split("\n"):
        here = line.strip()
        if not here:
            continue
        for pattern, name in SHAPES:
            if re.match(pattern, here, re.IGNORECASE):
                return name
        if here.startswith("#!") and not _SHELL.match(here):
            return N_("a script for an interpreter other than a shell")
        if not here.startswith("#"):
            return ""
    return ""


def has_interpreter(text: str) -> bool:
    """Return whether cloud-init runs ``text`` as a script: it starts with ``#!``."""
    return text.startswith("#!")
