"""The list of buckets for Terraform's state, with a row that creates one."""

from __future__ import annotations

from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.state_bucket.bucket_creation import NewBucket, suggested_bucket_name
from gpuecs_tui.aws.state_bucket.buckets import Bucket
from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.choices.account import listed
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.session import WizardSession

CREATE = "+create"
"""Id of the row that creates a bucket; no bucket name contains a plus."""
BUCKET = "state.bucket"


def buckets(wizard: WizardSession, reading: Reading[tuple[Bucket, ...]]) -> Choices:
    """Return the buckets of all Regions, after a row that creates one: with the typed or a
    suggested name."""
    wanted = wanted_bucket(wizard, reading)
    first: tuple[Row, ...] = ()
    if wanted is not None:
        # The detail contains the whole text, because a narrow terminal cuts the row.
        what = _(
            "Creates {name}: versioned, encrypted, private, TLS only. Asks for confirmation first."
        ).format(name=wanted.name)
        cells = (_("create {name}").format(name=wanted.name), wanted.region, "", "", "")
        first = (Row(CREATE, cells, detail=what),)
    return listed(
        _("Buckets"),
        (_("Name"), _("Region"), _("Versioning"), _("Encryption"), _("Access")),
        reading,
        lambda found: (_row(it) for it in found),
        first=first,
        empty=_("No buckets in this account."),
    )


def wanted_bucket(wizard: WizardSession, reading: Reading[tuple[Bucket, ...]]) -> NewBucket | None:
    """Return the name of the bucket that would be created; None while account or Region are
    unknown."""
    answers, identity = wizard.decisions.answers, wizard.account.identity
    region = str(answers.get("state.region") or wizard.region)
    if identity is None or not region:
        return None
    existing = {it.name for it in reading.value} if isinstance(reading, Known) else set()
    name = str(answers.get(BUCKET) or "")
    if not name or name in existing:
        name = suggested_bucket_name(identity.account, region)
    if name in existing:
        return None
    tags = answers.get("stack.tags")
    return NewBucket(name, region, tags if isinstance(tags, dict) else {})


def _row(bucket: Bucket) -> Row:
    cells = (
        bucket.name,
        _word(bucket.region),
        _choice(bucket.versioned, _("versioned"), _("not versioned")),
        _word(bucket.encryption) or _("not encrypted"),
        _choice(bucket.private, _("private"), _("may be public")),
    )
    summary = [cell for cell in cells[1:] if cell]
    if isinstance(bucket.versioned, Known) and not bucket.versioned.value:
        summary.append(_("an overwritten state cannot be restored"))
    return Row(bucket.name, cells, detail=_why_unknown(bucket), summary=" · ".join(summary))


def _word(reading: Reading[str]) -> str:
    return reading.value if isinstance(reading, Known) else _("unknown")


def _choice(reading: Reading[bool], yes: str, no: str) -> str:
    if isinstance(reading, Unknown):
        return _("unknown")
    return yes if reading.value else no


def _why_unknown(bucket: Bucket) -> str:
    settings = (bucket.region, bucket.versioned, bucket.encryption, bucket.private)
    return next((str(it) for it in settings if isinstance(it, Unknown)), "")
