"""The account and the Region, the name of the stack, and where its state is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from gpuecs_tui.aws.reading import Known, not_read
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.widgets.base.age import age_text
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.choices import account as lists
from gpuecs_tui.widgets.choices import buckets
from gpuecs_tui.widgets.choices.buckets import BUCKET, CREATE
from gpuecs_tui.widgets.form.layout import keys_of
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.keys.words import READ_AGAIN
from gpuecs_tui.widgets.picker.rows import Choices
from gpuecs_tui.widgets.step.form_screen import FormScreen, ListSource
from gpuecs_tui.wizard.profile_key import PROFILE

if TYPE_CHECKING:
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.state_bucket.bucket_creation import NewBucket
    from gpuecs_tui.wizard.account_feed import AccountFeed
    from gpuecs_tui.wizard.account_state import AccountState
    from gpuecs_tui.wizard.session import WizardSession

REGION = "stack.region"
STATE_REGION = "state.region"


class AccountScreen(FormScreen):
    """The step for the account; it shows the identity before anything else is read."""

    STEP = "account"
    CSS_PATH = "account.tcss"
    HELP_KEYS = keys_of("account")
    HELP = N_(
        "This step only reads the account, with the credentials of the profile that "
        "you choose. Nothing is created before you approve a plan. First, AWS is "
        "asked for the identity of the credentials.\n\nIf you have no permission to "
        "read a list, the list says so and everything else works: type the ID by "
        "hand.\n\nA state in S3 can be shared by a team. The list of the bucket field "
        "shows the buckets of the account and can create one with safe settings. You "
        "can also type any other name.\n\nAfter a login in another terminal, read the "
        "account again."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+r", "app.read_account", *READ_AGAIN, SCREEN)
    ]
    LISTS: ClassVar = {
        PROFILE: ListSource(lists.profiles),
        REGION: ListSource(lists.regions),
        STATE_REGION: ListSource(lists.regions),
        BUCKET: ListSource(lambda wizard: buckets.buckets(wizard, not_read())),
    }

    @dataclass
    class BucketsRead(Message):
        """The account's buckets were read."""

    @dataclass
    class BucketMade(Message):
        """A bucket for the state exists."""

        wanted: NewBucket

    @dataclass
    class BucketRefused(Message):
        """A bucket could not be created, or not completely."""

        problem: AwsProblem

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__(wizard)
        self._asked_for: AccountState | None = None
        """The account whose buckets were requested."""
        self._offered: tuple[object, NewBucket | None, Choices] | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the identity and the form."""
        yield Static(id="who", markup=False)
        yield from super().compose_body()

    def changed(self) -> None:
        """Show the identity."""
        super().changed()
        self.query_one("#who", Static).update(Content("\n").join(self._who()))
        account = self.wizard.account
        in_s3 = self.wizard.text("state.backend") == "s3"
        if in_s3 and account.identity is not None and self._asked_for is not account:
            self._asked_for = account
            if self._feed.known_buckets is None:
                self._read_buckets()

    def choices(self, key: str) -> Choices | None:
        """Return the list of ``key``; the list of buckets is read separately, when needed."""
        if key != BUCKET:
            return super().choices(key)
        reading = self._feed.known_buckets or not_read()
        wanted = buckets.wanted_bucket(self.wizard, reading)
        known = self._offered
        if known is None or known[0] is not self._feed.known_buckets or known[1] != wanted:
            made = buckets.buckets(self.wizard, reading)
            known = self._offered = (self._feed.known_buckets, wanted, made)
        return known[2]

    def taken(self, key: str, ids: tuple[str, ...]) -> None:
        """Ask before a bucket is created; for an existing bucket, also use its Region."""
        if key == BUCKET and ids == (CREATE,):
            self._ask_to_make()
            return
        super().taken(key, ids)
        if key == BUCKET:
            found = self._feed.known_buckets
            for bucket in found.value if isinstance(found, Known) else ():
                if bucket.name == ids[0] and isinstance(bucket.region, Known):
                    self._put_region(bucket.region.value)

    @work(thread=True, group="buckets", exclusive=True, exit_on_error=False)
    def _read_buckets(self) -> None:
        self._feed.read_buckets()
        self.post_message(self.BucketsRead())

    @on(BucketsRead)
    def _buckets_read(self) -> None:
        self.changed()

    def _ask_to_make(self) -> None:
        from gpuecs_tui.aws.state_bucket.bucket_creation import what_is_made

        wanted = buckets.wanted_bucket(self.wizard, self._feed.known_buckets or not_read())
        if wanted is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.wait(_("Creating bucket {name} …").format(name=wanted.name))
                self._make(wanted)

        lines = [
            Content(
                _(
                    "This bucket is created in your account now. It is not part of any Terraform "
                    "state:"
                )
            ),
            *(Content(f"  + {escape_controls(line)}") for line in what_is_made(wanted)),
        ]
        question = Confirm(_("Create this bucket?"), lines, yes=_("Create"))
        self.app.push_screen(question, answered)

    @work(thread=True, group="make", exclusive=True, exit_on_error=False)
    def _make(self, wanted: NewBucket) -> None:
        from gpuecs_tui.aws.errors import AwsProblem

        try:
            self._feed.make_bucket(wanted)
        except AwsProblem as problem:
            self.post_message(self.BucketRefused(problem))
            return
        self._feed.read_buckets()
        self.post_message(self.BucketMade(wanted))

    @on(BucketMade)
    def _bucket_made(self, message: BucketMade) -> None:
        super().taken(BUCKET, (message.wanted.name,))
        self._put_region(message.wanted.region)
        self.say(_("Bucket {name} is ready.").format(name=message.wanted.name), "success")

    @on(BucketRefused)
    def _bucket_refused(self, message: BucketRefused) -> None:
        self.say(escape_controls(str(message.problem)), "error")

    def _put_region(self, region: str) -> None:
        super().taken(STATE_REGION, ("" if region == self.wizard.region else region,))

    @property
    def _feed(self) -> AccountFeed:
        return self.app.feed

    def _who(self) -> list[Content]:
        account = self.wizard.account
        if account.problem:
            lines = [Content.styled(f"✗ {escape_controls(account.problem)}", "$text-error")]
            if account.remedy:
                lines.append(Content.styled(f"  {escape_controls(account.remedy)}", "bold"))
            again = _("  Then press {key}. You can also type IDs by hand.").format(
                key=key_for_action(AccountScreen, "app.read_account")
            )
            return [*lines, Content.styled(again, MUTED)]
        if account.identity is None:
            return [Content.styled(_("Reading the identity of the credentials …"), MUTED)]
        who = escape_controls(account.identity.arn)
        lines = [Content.assemble(("✓ ", "$text-success"), (who, "bold"))]
        if not self.wizard.region:
            lines.append(
                Content(_("  Choose a Region to load its networks and GPU instance types."))
            )
        elif account.busy:
            lines.append(Content.styled(_("  Loading the Region …"), MUTED))
        elif account.facts is not None:
            lines.append(self._summary())
        return lines

    def _summary(self) -> Content:
        facts = self.wizard.account.facts
        assert facts is not None
        unknown = [reading for reading in facts.unknowns.values() if reading.call]
        if not unknown:
            text = _("  Account loaded ({age}).")
            return Content.styled(text.format(age=age_text(facts)), MUTED)
        text = ngettext(
            "  {n} list could not be read: {first}.",
            "  {n} lists could not be read, first: {first}.",
            len(unknown),
        ).format(n=len(unknown), first=escape_controls(unknown[0].reason))
        return Content.styled(text, "$text-warning")
