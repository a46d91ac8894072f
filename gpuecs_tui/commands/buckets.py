"""``buckets``: lists the account's buckets, or creates one for Terraform states."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.profiles import default_region
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.aws.state_bucket.bucket_creation import NewBucket, create_bucket, what_is_made
from gpuecs_tui.aws.state_bucket.buckets import Bucket, read_buckets
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.misspelt import refuse_malformed
from gpuecs_tui.commands.output import print_json
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.identity import BUCKET_NAME

NAME_MIN, NAME_MAX = 3, 63
"""Length of a bucket's name (S3 user guide, "General purpose bucket naming rules")."""


def buckets(arguments: argparse.Namespace) -> int:
    """List the buckets; with a name, print what would be created, and with --yes create it."""
    choose_account(arguments)
    region = arguments.region or default_region()
    if not region:
        raise Failure(_("No Region is set."), _("Set one with --region."), EXIT_USAGE)
    refuse_malformed(region)
    reader = connect(arguments.profile or "", region)
    try:
        if arguments.name is None:
            return _list(reader, as_json=arguments.json)
        return _make(reader, NewBucket(arguments.name, region, {}), yes=arguments.yes)
    except AwsProblem as problem:
        raise Failure(problem.sentence, problem.remedy) from None
    finally:
        reader.close()


def _make(reader: AccountReader, wanted: NewBucket, *, yes: bool) -> int:
    fits = NAME_MIN <= len(wanted.name) <= NAME_MAX
    if not fits or not re.fullmatch(BUCKET_NAME, wanted.name):
        raise Failure(
            _(
                "Invalid bucket name {name}: use 3–63 characters: a–z, 0–9, periods and hyphens."
            ).format(name=wanted.name),
            code=EXIT_USAGE,
        )
    for line in what_is_made(wanted):
        print(harmless(f"+  {line}"))
    if not yes:
        raise Failure(
            _("The bucket was not created: --yes is required to create it."), code=EXIT_USAGE
        )
    create_bucket(reader, wanted)
    print(
        _("The bucket is ready. To use it, set state.backend to s3 and state.bucket to its name.")
    )
    return 0


def _list(reader: AccountReader, *, as_json: bool) -> int:
    found = read_buckets(reader)
    if isinstance(found, Unknown):
        raise Failure(_("Could not list the buckets ({why}).").format(why=found), found.remedy)
    if as_json:
        print_json([_tree(it) for it in found.value])
        return 0
    for bucket in found.value:
        words = [
            _said(bucket.region, str),
            _said(bucket.versioned, lambda it: _("versioned") if it else _("not versioned")),
            _said(bucket.encryption, lambda it: it or _("not encrypted")),
            _said(bucket.private, lambda it: _("private") if it else _("not private")),
        ]
        print(harmless(f"{bucket.name}  {' · '.join(words)}"))
    return 0


def _said(reading: Reading[str] | Reading[bool], words: Callable[..., str]) -> str:
    return words(reading.value) if isinstance(reading, Known) else str(reading)


def _tree(bucket: Bucket) -> dict[str, object]:
    return {
        "name": bucket.name,
        **{
            name: reading.value if isinstance(reading, Known) else None
            for name in ("region", "versioned", "encryption", "private")
            for reading in [getattr(bucket, name)]
        },
    }
