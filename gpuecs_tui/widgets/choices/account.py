"""Lists of profiles, Regions, IAM roles, instance profiles, key pairs, certificates, log groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.profiles import Profile
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.session import WizardSession

T = TypeVar("T")

TASKS = "ecs-tasks.amazonaws.com"
"""The principal that assumes execution and task roles."""


def listed(
    title: str,
    columns: tuple[str, ...],
    reading: Reading[tuple[T, ...]],
    rows: Callable[[tuple[T, ...]], Iterable[Row]],
    *,
    multiple: bool = False,
    numeric: tuple[int, ...] = (),
    first: tuple[Row, ...] = (),
    empty: str = "",
) -> Choices:
    """Return a list made from a reading; it has the ``first`` rows even if the reading is unknown.

    ``empty``: the note of a list without rows.
    """
    if isinstance(reading, Unknown):
        return Choices(
            title,
            columns,
            first,
            multiple=multiple,
            note=str(reading) if reading.call else _("Not loaded yet."),
            remedy=reading.remedy,
            unknown=True,
        )
    found = tuple(rows(reading.value))
    return Choices(
        title,
        columns,
        (*first, *found),
        multiple=multiple,
        numeric=numeric,
        note="" if found else empty,
        read_at=reading.read_at,
    )


def facts_of(wizard: WizardSession) -> AccountFacts:
    """Return what was read from the account; before the first reading, all facts are unknown."""
    return wizard.account.facts or AccountFacts(region=wizard.region)


def profiles(wizard: WizardSession) -> Choices:
    """Return the profiles of the AWS configuration, each with what it requires."""
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.profiles import read_profiles

    columns = (_("Profile"), _("Credentials"), _("Region"), _("Source"))
    try:
        found = read_profiles()
    except AwsProblem as problem:
        return Choices(
            _("Profiles"), columns, (), note=problem.sentence, remedy=problem.remedy, unknown=True
        )
    rows = tuple(
        Row(it.name, (it.name or _nameless(it), _needs(it), it.region, it.source)) for it in found
    )
    note = "" if rows else _("No profiles found in the AWS configuration. Run: aws configure")
    return Choices(_("Profiles"), columns, rows, note=note)


def regions(wizard: WizardSession) -> Choices:
    """Return all Regions, the account's own first."""
    return listed(
        _("Regions"),
        (_("Region"), _("Status")),
        facts_of(wizard).regions,
        lambda found: (
            Row(
                it.name,
                (it.name, _("enabled") if it.enabled else _("not enabled")),
                why_not="" if it.enabled else _("the account has not enabled this Region"),
            )
            for it in sorted(found, key=lambda it: (not it.enabled, it.name))
        ),
    )


def key_pairs(wizard: WizardSession) -> Choices:
    """Return the SSH key pairs of the Region, and "none"."""
    return listed(
        _("Key pairs"),
        (_("Name"), _("Fingerprint")),
        facts_of(wizard).key_pairs,
        lambda found: (Row(it.name, (it.name, it.fingerprint)) for it in found),
        first=(Row("", (_("none (use SSM Session Manager)"), "")),),
    )


def log_keys(wizard: WizardSession) -> Choices:
    """Return the KMS keys of the Region that have an alias, and "none"."""
    return listed(
        _("KMS keys"),
        (_("Alias"), _("ARN")),
        facts_of(wizard).late.kms_keys,
        lambda found: (Row(it.arn, (it.name, it.arn)) for it in found),
        first=(Row("", (_("none"), "")),),
    )


def topics(wizard: WizardSession) -> Choices:
    """Return the SNS topics of the Region, and "none"."""
    return listed(
        _("SNS topics"),
        (_("Name"), _("ARN")),
        facts_of(wizard).late.topics,
        lambda found: (Row(it.arn, (it.name, it.arn)) for it in found),
        first=(Row("", (_("none"), "")),),
    )


def boundaries(wizard: WizardSession) -> Choices:
    """Return the managed policies of the account, and "none"."""
    return listed(
        _("Managed policies"),
        (_("Name"), _("ARN")),
        facts_of(wizard).late.policies,
        lambda found: (Row(it.arn, (it.name, it.arn)) for it in found),
        first=(Row("", (_("none"), "")),),
    )


def instance_profiles(wizard: WizardSession) -> Choices:
    """Return the instance profiles, and a new one."""
    return listed(
        _("Instance profiles"),
        (_("Name"), _("Role"), _("ARN")),
        facts_of(wizard).instance_profiles,
        lambda found: (
            Row(
                it.arn,
                (it.name, it.role or "–", it.arn),
                why_not="" if it.role else _("the instance profile has no role"),
            )
            for it in found
        ),
        first=(Row("", (_("create a new one"), "", "")),),
    )


def task_roles(wizard: WizardSession) -> Choices:
    """Return the roles that ECS tasks may assume, and a new one; others below, with the reason."""

    def rows(found: Iterable[object]) -> Iterable[Row]:
        roles = facts_of(wizard).roles
        assert isinstance(roles, Known)
        usable = [it for it in roles.value if TASKS in it.trusts]
        for it in usable:
            yield Row(it.arn, (it.name, it.arn))
        for it in roles.value:
            if TASKS not in it.trusts:
                why = _("its trust policy does not allow {principal}").format(principal=TASKS)
                yield Row(it.arn, (it.name, it.arn), _("Not for ECS tasks"), why)

    return listed(
        _("IAM roles"),
        (_("Name"), _("ARN")),
        facts_of(wizard).roles,
        rows,
        first=(Row("", (_("create a new one"), "")),),
    )


def certificates(wizard: WizardSession) -> Choices:
    """Return the ACM certificates of the Region; only issued ones can be selected."""
    return listed(
        _("Certificates"),
        (_("Domain"), _("Status"), _("Expires"), _("ARN")),
        facts_of(wizard).certificates,
        lambda found: (
            Row(
                it.arn,
                (
                    it.domain,
                    it.status,
                    it.expires.date().isoformat() if it.expires else "",
                    it.arn,
                ),
                why_not=""
                if it.status == "ISSUED"
                else _("its status is {status}").format(status=it.status),
                # The user chooses by the domain, and the field shows the ARN already.
                summary=" · ".join(
                    part
                    for part in (
                        it.domain,
                        it.status,
                        it.expires.date().isoformat() if it.expires else "",
                    )
                    if part
                ),
            )
            for it in sorted(found, key=lambda it: (it.status != "ISSUED", it.domain))
        ),
        empty=_("No certificates in this Region."),
    )


def hosted_zones(wizard: WizardSession) -> Choices:
    """Return the hosted zones of the account, and "none"."""
    return listed(
        _("Hosted zones"),
        (_("Name"), _("Access"), _("ID")),
        facts_of(wizard).late.hosted_zones,
        lambda found: (
            Row(it.id, (it.name, _("private") if it.private else _("public"), it.id))
            for it in found
        ),
        first=(Row("", (_("none"), "", "")),),
        empty=_("No hosted zones in this account."),
    )


def web_acls(wizard: WizardSession) -> Choices:
    """Return the web ACLs of the Region, and "none"."""
    return listed(
        _("Web ACLs"),
        (_("Name"), _("ARN")),
        facts_of(wizard).late.web_acls,
        lambda found: (Row(it.arn, (it.name, it.arn)) for it in found),
        first=(Row("", (_("none"), "")),),
        empty=_("No web ACLs for load balancers in this Region."),
    )


def log_groups(wizard: WizardSession) -> Choices:
    """Return the log groups under /ecs/."""
    return listed(
        _("Log groups"),
        (_("Name"), _("Retention")),
        facts_of(wizard).log_groups,
        lambda found: (
            Row(
                it.name,
                (
                    it.name,
                    ngettext("{n} day", "{n} days", it.retention_days).format(n=it.retention_days)
                    if it.retention_days
                    else _("never expires"),
                ),
                detail=_(
                    "This log group already exists. Set log retention to -1 so that Terraform "
                    "does not create it."
                ),
            )
            for it in found
        ),
        empty=_("No log groups under /ecs/."),
    )


def _nameless(profile: Profile) -> str:
    return _("(instance)") if profile.source == "instance" else _("(environment)")


def _needs(profile: Profile) -> str:
    option = f" --profile {shell_word(profile.name)}" if profile.name else ""
    match profile.needs:
        case "sso":
            return f"aws sso login{option}"
        case "login":
            return f"aws login{option}"
        case "role":
            return _("assumes an IAM role")
        case "role+mfa":
            return _("assumes an IAM role with an MFA code")
        case "process":
            return _("credential process")
        case "web-identity":
            return _("web identity token")
        case "static" | "environment":
            return _("access key")
        case "none":
            return _("instance role")
