"""The wizard's session: typed texts, account, present step. Does not import Textual.

All screens share one ``WizardSession``. A screen puts texts into it and reads from it; a thread
changes it only through a message to the app.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from gpuecs_tui.wizard.account_state import AccountState
from gpuecs_tui.wizard.draft_saver import DraftSaver
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.opened import Opened, of_files
from gpuecs_tui.wizard.profile_key import PROFILE
from gpuecs_tui.wizard.suggesting import Suggesting

if TYPE_CHECKING:
    from gpuecs_tui.assessment.own import Own
    from gpuecs_tui.aws.discovery.newest_images import NewestImage
    from gpuecs_tui.aws.facts import AmiRelease, Image, Repository
    from gpuecs_tui.aws.reading import Reading
    from gpuecs_tui.checks.finding import Finding
    from gpuecs_tui.stack.fields import Value
    from gpuecs_tui.stack.instance_type import InstanceType
    from gpuecs_tui.stack.state_facts import StateFacts
    from gpuecs_tui.stack.unread import Unread
    from gpuecs_tui.wizard.as_written import AsWritten
    from gpuecs_tui.wizard.decisions import Decisions
    from gpuecs_tui.wizard.deployment_seen import DeploymentSeen
    from gpuecs_tui.wizard.options import Options

    ReadImages = Callable[[str], Reading[tuple[Image, ...] | None]]
    ReadReleases = Callable[[str], Reading[tuple[AmiRelease, ...]]]
    ReadNewest = Callable[[Sequence[Repository]], Sequence[NewestImage]]


class WizardSession(Suggesting):
    """The texts, decisions, findings, account and step of one wizard."""

    def __init__(self, options: Options, saver: DraftSaver, draft: Draft | None = None) -> None:
        """Start with ``draft``, or without answers."""
        super().__init__()
        self.options = options
        self.account = AccountState()
        self.findings: tuple[Finding, ...] = ()
        """Findings of the last check, in addition to ``wrong``."""
        self.is_checked = False
        """Whether the checks have run on these texts; before that, an empty list means nothing."""
        self.focused: dict[str, str] = {}
        """Step id → key of the field that had the focus there last."""
        self.unfolded: set[tuple[str, str]] = set()
        """Step id and title of the sections that were opened."""
        self.touched: set[str] = set()
        """Keys whose missing value is shown as an error: edited, or refused by a "next"."""
        self._default: tuple[object, str] | None = None
        """The source of a field's default, and the default."""
        self.draft_problem = ""
        """Why the draft isn't saved; empty if it is."""
        self.draft_saved = False
        self.has_written = False
        """Whether this wizard wrote the directory's files."""
        self.own: Own | None = None
        """Facts about the stack's own directory and state; None until they are read."""
        self.unread: tuple[Unread, ...] = ()
        """Terraform of the directory that was not read, and deleted files of this program."""
        self._as_read: dict[str, str] | None = None
        """The texts in that Terraform; None for a new stack."""
        self.done: set[str] = set()
        """Steps after the review whose work is known to be done."""
        self.wanted_run = ""
        """The operation that the run screen starts when it opens: "apply" after a review."""
        self.deployment_seen: DeploymentSeen | None = None
        """What the deployment screen found last."""
        self._saver = saver
        self._texts: dict[str, str] = {}
        self._decisions: Decisions | None = None
        self._as_written: AsWritten | None = None
        """``decisions`` in the form in which they are assessed."""
        self._wrong: tuple[AsWritten, StateFacts, tuple[Finding, ...]] | None = None
        """``wrong``, with its sources."""
        self.read_images: ReadImages = _no_images
        """Reads one ECR repository by name; blocks, so only in a thread."""
        self.read_releases: ReadReleases = _no_releases
        """Reads the AMI releases below a path of SSM parameters; blocks, so only in a thread."""
        self.read_newest: ReadNewest = _no_newest
        """Reads the newest image of each repository; blocks, so only in a thread."""
        self.opened = Opened()
        """The directory's answers when the texts were begun."""
        self.step = "start"
        self.visited: tuple[str, ...] = ()
        if draft is not None:
            self.adopt(draft)

    @property
    def draft_refusal(self) -> str:
        """Why no draft is saved, a sentence; empty if drafts are saved."""
        return self._saver.refusal

    @property
    def texts(self) -> Mapping[str, str]:
        """Key → the text in its field, for the keys that were touched."""
        return self._texts

    @property
    def decisions(self) -> Decisions:
        """The decisions that follow from the present texts."""
        # Imported late: the model takes a fifth of the time to the first frame, which shows no
        # answer.
        from gpuecs_tui.wizard import decisions

        if self._decisions is None:
            self._decisions = decisions.decide(self._texts, self.instance_type, self._unknown())
        return self._decisions

    def _unknown(self) -> Mapping[str, Unread]:
        from gpuecs_tui.stack.unread import by_key

        return by_key(self.unread)

    @property
    def stack_name(self) -> str:
        """The stack's name as typed; empty if there is none."""
        return self._texts.get("stack.name", "")

    @property
    def profile(self) -> str:
        """The AWS profile to use; empty: the default credential chain."""
        typed = self._texts.get(PROFILE)
        return (self.options.profile or "") if typed is None else typed.strip()

    @property
    def region(self) -> str:
        """The Region if it is valid; otherwise empty."""
        return str(self.decisions.answers.get("stack.region", "")) if self._texts else ""

    def text(self, key: str) -> str:
        """Return the text in the field of ``key``."""
        from gpuecs_tui.wizard.decisions import text_of

        if key not in self._texts and any(key in each.keys for each in self.unread):
            # A default would look like the answer in the Terraform.
            return ""
        return text_of(key, self._texts)

    def default_text(self, key: str) -> str:
        """Return the value of the field of ``key`` while it is empty; empty if there is none."""
        from gpuecs_tui.wizard.decisions import default_text

        others = {other: text for other, text in self._texts.items() if other != key}
        source = (key, others, self.unread)
        # The result is the same for each key press in one field.
        if self._default is None or self._default[0] != source:
            text = default_text(key, others, self.instance_type, self._unknown())
            self._default = (source, text)
        return self._default[1]

    def put(self, key: str, text: str) -> None:
        """Store the text typed for ``key`` and save it soon."""
        if self.text(key) == text and (key in self._texts or not text):
            return
        self._texts[key] = text
        self.touched.add(key)
        self.suggested.pop(key, None)
        self._changed()

    def begin(self, texts: Mapping[str, str]) -> None:
        """Begin a new stack with ``texts``, and suggest values for other fields."""
        from gpuecs_tui.wizard.suggestions import NAME, suggested_name

        # Decisions that are already in the directory were not made in this wizard.
        self.opened = Opened(held={})
        self.replace_texts(texts)
        self.suggests = True
        if name := suggested_name(self.options.directory):
            self.suggest(NAME, name)

    def replace_texts(self, texts: Mapping[str, str]) -> None:
        """Replace all texts, for example by those of a stack that was read back."""
        self._texts = dict(texts)
        self.is_checked = False
        self.unread, self._as_read = (), None
        self.touched.clear()
        self.focused.clear()
        self._forget_suggestions()
        self._changed()

    def open_directory(self, texts: Mapping[str, str], opened: Opened, profile: str = "") -> None:
        """Use the answers of the directory; there is no draft until the user types.

        ``profile`` was typed earlier: the Terraform doesn't contain it.
        """
        profile = profile or self._texts.get(PROFILE, "")
        self.opened = opened
        self.replace_texts({**texts, PROFILE: profile} if profile else texts)

    def note_done(self, step: str, done: bool) -> None:
        """Record whether ``step``, one after the review, is done."""
        (self.done.add if done else self.done.discard)(step)

    def written(self, answers: Mapping[str, Value]) -> None:
        """Record that the directory now has ``answers``: the draft is no longer needed."""
        self.opened = of_files(self._texts, answers)
        # Written answers are decided. An apply uses addresses and quota, and suggestions derived
        # from them must not change a running stack.
        self._forget_suggestions()
        self._save()

    def changed_by_hand(self, key: str, value: Value) -> bool:
        """Tell whether ``value``, which the directory has for ``key``, has changed."""
        return self.opened.changed_since(self.options.directory, key, value)

    @property
    def is_as_opened(self) -> bool:
        """Whether the texts are those of the directory's Terraform."""
        return self.opened.says(self._texts)

    def adopt(self, draft: Draft) -> None:
        """Continue with ``draft``."""
        self.opened = Opened(held=draft.held)
        self._texts = dict(draft.texts)
        self.is_checked = False
        self.touched = {key for key, text in draft.texts.items() if text}
        self.visited = draft.visited
        self._decisions = None
        self._suggest_again(draft.suggested)

    def enter(self, step: str) -> None:
        """Record that ``step`` is open now."""
        self.step = step
        if step not in self.visited:
            self.visited = (*self.visited, step)
        if step != "start":
            self._save()

    def account_changed(self) -> None:
        """Derive the decisions again, because the account may have other instance types."""
        self._decisions = self._default = None

    def instance_type(self, name: str) -> InstanceType | None:
        """Return the type called ``name`` from the account or the shipped catalogue."""
        from gpuecs_tui.aws import catalogue

        return catalogue.find(name, self.account.facts)

    @property
    def state(self) -> StateFacts | None:
        """How the stack's own state is stored; None until it was read."""
        return self.own.state if self.own is not None else None

    @property
    def owned(self) -> frozenset[str] | None:
        """Names, ids and ARNs of the stack's own resources; None if its state could not be read.

        Unknown while ``own`` is None.
        """
        return self.own.owned if self.own is not None else frozenset()

    @property
    def reachable(self) -> tuple[str, ...]:
        """The steps to which the user can go: those that were visited, and what is deployed."""
        deployed = ("run", "deployment") if self.owned else ()
        return (*self.visited, *(it for it in deployed if it not in self.visited))

    def check(self) -> None:
        """Update ``findings``."""
        from gpuecs_tui.assessment.findings import assess

        it, own = self._present_as_written(), self._own_or_pending()
        found = assess(it.written, self.account.facts, own, it.resolved, it.problems)
        self.findings = found.found
        self.is_checked = True

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """Findings that make the texts an invalid stack, missing answers included."""
        from gpuecs_tui.assessment.findings import wrong_answers

        it, state = self._present_as_written(), self._own_or_pending().state
        known = self._wrong
        if known is None or known[0] is not it or known[1] != state:
            known = self._wrong = (it, state, wrong_answers(it.written, it.problems, state))
        return known[2]

    def _present_as_written(self) -> AsWritten:
        from gpuecs_tui.wizard.as_written import as_written

        known, decisions = self._as_written, self.decisions
        is_present = known is not None and known.decisions is decisions
        if known is None or not is_present or known.written.unread != self.unread:
            known = self._as_written = as_written(decisions, self.unread, self.account.facts)
        return known

    def _own_or_pending(self) -> Own:
        from gpuecs_tui.assessment.own import pending

        return pending() if self.own is None else self.own

    @property
    def is_as_read(self) -> bool:
        """Tell whether nothing was typed since the directory's Terraform was read."""
        return self._as_read is not None and self._texts == self._as_read

    def found_unread(self, texts: Mapping[str, str], unread: tuple[Unread, ...]) -> None:
        """Record which parts of the directory's Terraform were not read for the present texts."""
        self.unread, self._as_read = unread, dict(texts)
        self._decisions = None

    def findings_of(self, key: str) -> tuple[Finding, ...]:
        """Return the findings of ``key``."""
        return tuple(finding for finding in self.findings if finding.field == key)

    def holds(self, key: str) -> bool:
        """Tell whether "next" is refused because of ``key``.

        It is refused if a value is malformed or missing, or contradicts another of the same step.
        Findings about the account, or findings that a later step may resolve, are left to the
        review.
        """
        from gpuecs_tui.wizard.decisions import settled_by_a_later_step

        if self.decisions.problem(key):
            texts, unknown = self._texts, self._unknown()
            return key in self.decisions.malformed or not settled_by_a_later_step(
                key, texts, self.instance_type, unknown
            )
        return any(finding.holds_step for finding in self.findings_of(key))

    def is_error(self, key: str) -> bool:
        """Tell whether ``key`` has an error, which the review does not accept."""
        return bool(self.decisions.problem(key)) or any(
            finding.severity == "error" for finding in self.findings_of(key)
        )

    def flush(self) -> None:
        """Save the unsaved draft now."""
        self._saver.flush()

    def close(self) -> None:
        """Save the unsaved draft; the wizard ends."""
        self._saver.close()

    def _changed(self) -> None:
        self._decisions = None
        self._save()

    def _save(self) -> None:
        if self.is_as_opened:
            self._saver.drop()
        else:
            texts, held = dict(self._texts), self.opened.held
            self._saver.put(
                Draft(texts, self.step, self.visited, held=held, suggested=self.reasons)
            )


def _no_newest(_repositories: Sequence[Repository]) -> Sequence[NewestImage]:
    return ()


def _no_releases(_path: str) -> Reading[tuple[AmiRelease, ...]]:
    from gpuecs_tui.aws.reading import not_read

    return not_read()


def _no_images(_repository: str) -> Reading[tuple[Image, ...] | None]:
    from gpuecs_tui.aws.reading import not_read

    return not_read()
