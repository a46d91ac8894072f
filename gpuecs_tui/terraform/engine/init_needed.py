"""Whether ``terraform init`` must run before a plan.

``init`` takes one to two seconds even if nothing changed. It is skipped if our last ``init`` here
was for the same requirements and everything that it installed is still in place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gpuecs_tui.private_folder import READABLE_FILE, make_readable
from gpuecs_tui.regular_files import read_regular, replace_file

LOCK_FILE = ".terraform.lock.hcl"
_MARK = "gpuecs-tui.init"
"""File in Terraform's data folder that keeps the fingerprint of the last successful init."""
_MARK_MAX = 1024
"""Bytes; a fingerprint has 65."""
_BLOCK = re.compile(
    r"^[ \t]*(terraform|provider|module|resource|data|ephemeral)\b([^\n{]*)\{", re.MULTILINE
)
_LOCKED = re.compile(r'^provider\s+"([^"]+)"\s*\{\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_MODULE_SOURCE = re.compile(r"^[ \t]*(?:source|version)[ \t]*=[^\n]*", re.MULTILINE)
_CONFIGURATION = ("*.tf", "*.tofu", "*.tf.json", "*.tofu.json")


def data_folder(directory: Path, environ: Mapping[str, str]) -> Path:
    """Return Terraform's data folder of a stack: ``.terraform`` unless TF_DATA_DIR is set."""
    return directory / (environ.get("TF_DATA_DIR") or ".terraform")


def locked_providers(directory: Path) -> dict[str, str]:
    """Return the providers of the lock file, such as ``registry.terraform.io/hashicorp/aws``, with
    the chosen version of each; empty if there is no lock file."""
    try:
        text = read_regular(directory / LOCK_FILE).decode("utf-8", "replace")
    except OSError:
        return {}
    return dict(_LOCKED.findall(text))


def needs_init(directory: Path, environ: Mapping[str, str]) -> bool:
    """Tell whether ``init`` must run: it never ran here, requirements changed, or files are
    missing."""
    data = data_folder(directory, environ)
    try:
        mark = read_regular(data / _MARK, limit=_MARK_MAX).decode("ascii", "replace").strip()
    except OSError:
        return True
    if mark != _fingerprint(directory):
        return True
    providers = locked_providers(directory)
    return not all((data / "providers" / name / v).is_dir() for name, v in providers.items())


def remember_init(directory: Path, environ: Mapping[str, str]) -> None:
    """Record that ``init`` succeeded for the present requirements of the configuration."""
    data = data_folder(directory, environ)
    try:
        make_readable(data)
        replace_file(data / _MARK, f"{_fingerprint(directory)}\n".encode("ascii"), READABLE_FILE)
    except OSError:
        # The record only saves time: without it, the next plan runs init again.
        return


def _fingerprint(directory: Path) -> str:
    digest = hashlib.sha256()
    for requirement in sorted(set(_requirements(directory))):
        digest.update(requirement.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def _requirements(directory: Path) -> Iterator[str]:
    """Yield everything whose change requires another init: the ``terraform`` blocks as written, the
    source and version of modules, the providers that blocks imply, and the lock file."""
    try:
        yield read_regular(directory / LOCK_FILE).decode("utf-8", "replace")
    except OSError:
        yield ""
    for pattern in _CONFIGURATION:
        for path in directory.glob(pattern):
            try:
                text = read_regular(path).decode("utf-8", "replace")
            except OSError:
                continue
            if path.suffix == ".json":
                yield text
            else:
                yield from _of_text(text)


def _of_text(text: str) -> Iterator[str]:
    for match in _BLOCK.finditer(text):
        kind, labels = match[1], match[2].replace('"', " ").split()
        if kind == "terraform":
            yield _body(text, match.end())
        elif kind == "module":
            yield "\n".join(_MODULE_SOURCE.findall(_body(text, match.end())))
        elif labels:
            yield labels[0].partition("_")[0]


def _body(text: str, start: int) -> str:
    """Return the text from ``start`` to the brace that closes the block opened before it.

    Braces in strings or comments can make it longer or shorter; the same text still gives the same
    piece. In the worst case an unnecessary init runs.
    """
    depth = 1
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return text[start : match.start()]
    return text[start:]
