"""Lists of what instances and tasks run: AMIs, images and their tags."""

from __future__ import annotations

from collections.abc import Iterable

from gpuecs_tui.aws.facts import AmiRelease, Image, Repository
from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.choices.account import facts_of, listed
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.session import WizardSession

NEWEST = "newest"
"""Id of the row for the newest release."""
BYTES_PER_GIB = 1 << 30
_ENDS_COUNT = (0, 3)
"""Indexes of the columns with tag and digest."""


def amis(_wizard: WizardSession) -> Choices:
    """Names that mean the latest AMI of an operating system."""
    rows = (
        Row("al2023", ("al2023", _("latest ECS GPU-optimized AMI of Amazon Linux 2023"))),
        Row("bottlerocket", ("bottlerocket", _("latest ECS NVIDIA AMI of Bottlerocket"))),
    )
    note = _("You can also type an AMI ID (ami-…) into the field.")
    return Choices(_("AMI"), (_("Name"), ""), rows, note=note)


def releases(ami: str, reading: Reading[tuple[AmiRelease, ...]]) -> Choices:
    """Return the newest release, each release by its name, and the AMI ID of each.

    The id of a row is the text of ``fleet.ami_release``, or an AMI ID for ``fleet.ami``; NEWEST
    stands for no release.
    """
    columns = (_("Pin"), _("Release"), _("AMI ID"))
    title = _("Releases of {ami}").format(ami=ami)
    if isinstance(reading, Unknown):
        return Choices(title, columns, (), note=str(reading), remedy=reading.remedy, unknown=True)
    found = reading.value
    rows = [
        Row(
            NEWEST,
            (_("newest"), found[0].name if found else "", found[0].ami if found else ""),
            detail=_("No pin: a new release changes the launch template at the next apply."),
        )
    ]
    for it in found:
        detail = _("Pins the release in every Region: the same SSM parameter.")
        rows.append(Row(it.name, (_("release"), it.name, it.ami), detail=detail))
    for it in found:
        detail = _("Pins the AMI ID, which is valid in this Region only.")
        rows.append(Row(it.ami, (_("AMI ID"), it.name, it.ami), detail=detail))
    note = "" if found else _("No release was found. Type a name into the field.")
    return Choices(title, columns, tuple(rows), note=note, read_at=reading.read_at, yielding=1)


def repositories(wizard: WizardSession) -> Choices:
    """Return the ECR repositories; the tags of the chosen repository are the next list."""

    def rows(found: tuple[Repository, ...]) -> Iterable[Row]:
        return (Row(it.uri, (it.name, it.uri), images=(0, 1)) for it in found)

    return listed(
        _("ECR repositories"),
        (_("Repository"), _("URI")),
        facts_of(wizard).repositories,
        rows,
        empty=_("No ECR repositories in this Region. Type a container image URI into the field."),
    )


def repository_of(image: str, choices: Choices) -> str:
    """Return the id of the row in ``choices`` with the repository of ``image``; empty if there is
    none."""
    without_digest = image.partition("@")[0]
    head, _colon, tag = without_digest.rpartition(":")
    # A registry may have a port: a colon before a slash does not start a tag.
    uri = head if head and "/" not in tag else without_digest
    return uri if choices.find(uri) else ""


def images(uri: str, reading: Reading[tuple[Image, ...] | None]) -> Choices:
    """Return the tags of one repository, the newest first; each is also pinned by its digest."""
    columns = (_("Tag"), _("Pushed"), _("Size"), _("Digest"))
    title = _("Images of {repository}").format(repository=uri)
    if isinstance(reading, Unknown):
        return Choices(title, columns, (), note=str(reading), remedy=reading.remedy, unknown=True)
    rows = []
    for it in reading.value or ():
        pushed = it.pushed_at.strftime("%Y-%m-%d") if it.pushed_at else ""
        size = f"{it.size_bytes / BYTES_PER_GIB:.1f} GiB"
        cells = (it.tag or "–", pushed, size, it.digest)
        if it.tag:
            rows.append(Row(f"{uri}:{it.tag}", cells, images=_ENDS_COUNT))
        tagged = f"{it.tag} @" if it.tag else "@"
        detail = _("Pinned by digest: the same image even if the tag is moved.")
        pinned = (tagged, *cells[1:])
        rows.append(Row(f"{uri}@{it.digest}", pinned, detail=detail, images=_ENDS_COUNT))
    note = "" if rows else _("The repository has no images.")
    # The digest is cut before the tag.
    yielding = len(columns) - 1
    return Choices(
        title, columns, tuple(rows), note=note, read_at=reading.read_at, yielding=yielding
    )
