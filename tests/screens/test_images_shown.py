"""An image is recognisable at 80 columns, and its lists reopen at its row."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.aws.facts import Image, Repository
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.read.service_url import ServiceUrl
from gpuecs_tui.widgets.base.code import diff_lines
from gpuecs_tui.widgets.deployment.lines import Shown, deployment_lines
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.picker.picker import Picker
from tests.support import fakes
from tests.support.aws.deployment_answers import ANSWERS, NAMES, NOW, AnsweredReader
from tests.support.screens.driving import Open, settle, type_text
from tests.support.screens.form_screens import go_to, wizard

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
WHISPER = f"{REGISTRY}/speech/whisper-large-v3"
TAGS = ("4.0.1-cuda12.4", "4.0.0-cuda12.4", "3.9.7-cuda12.1")
DIGEST = "sha256:" + "ab" * 28 + "0123cafe"
ACCOUNT = fakes.facts(
    repositories=fakes.known(
        tuple(
            Repository(name, f"{REGISTRY}/{name}")
            for name in ("alpha", "speech/whisper-large-v3", "zeta")
        )
    )
)


def lines(pilot: Pilot[int]) -> list[str]:
    """Return the rows of the screen."""
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


@pytest.fixture
def three_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(Image(tag, DIGEST, fakes.NOW, 3 << 30) for tag in TAGS)
    monkeypatch.setattr(
        fakes.FakeFeed, "images", lambda _self, _repository: fakes.known(found), raising=True
    )


async def test_the_field_shows_repository_and_tag_at_80_columns(open_wizard: Open) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        await go_to(pilot, "task", task__image=f"{WHISPER}:{TAGS[0]}")
        at_work = next(line for line in lines(pilot) if line.strip().startswith("Image "))
        assert f"whisper-large-v3:{TAGS[0]}" in at_work
        await pilot.press("tab")
        at_rest = next(line for line in lines(pilot) if line.strip().startswith("Image "))
        assert f"whisper-large-v3:{TAGS[0]}" in at_rest and "…" in at_rest
        assert wizard(pilot).text("task.image") == f"{WHISPER}:{TAGS[0]}"


@pytest.mark.parametrize("present", ["", f"{WHISPER}:{TAGS[0]}"])
async def test_the_field_shows_the_tag_of_an_image_chosen_from_the_list(
    open_wizard: Open, three_tags: None, present: str
) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        await go_to(pilot, "task", task__image=present)
        for key in ("enter", "enter", "end"):
            await pilot.press(key)
            await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        chosen = wizard(pilot).text("task.image")
        assert not chosen.endswith(TAGS[0])
        for key in ("f12", "down", "up"):
            # With the focus in the field, below it, and in it again.
            await pilot.press(key)
            await settle(pilot)
            row = next(line for line in lines(pilot) if line.strip().startswith("Image "))
            assert chosen[-8:] in row, key


async def test_the_lists_and_the_review_show_them_too(open_wizard: Open, three_tags: None) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        await go_to(pilot, "task", task__image=f"{WHISPER}:{TAGS[2]}")
        await pilot.press("enter")
        await settle(pilot)
        assert sum("speech/whisper-large-v3" in line for line in lines(pilot)) >= 1
        await pilot.press("enter")
        await settle(pilot)
        text = "\n".join(lines(pilot))
        assert all(tag in text for tag in TAGS) and "0123cafe" in text
        await pilot.press("escape")
        await go_to(pilot, "review", task__image=f"{WHISPER}@{DIGEST}")
        assert "whisper-large-v3@…0123cafe" in "\n".join(lines(pilot))
        await pilot.press("4")
        await settle(pilot)
        rows = pilot.app.screen.query_one("#decisions", ChoiceList)
        rows.wanted = "task.image"
        await settle(pilot)
        assert "whisper-large-v3@…0123cafe" in "\n".join(lines(pilot))


async def test_the_image_list_reopens_where_it_was(open_wizard: Open, three_tags: None) -> None:
    present = f"{WHISPER}:{TAGS[1]}"
    async with open_wizard(account=ACCOUNT) as pilot:
        await go_to(pilot, "task", task__image=present)
        await pilot.press("enter")
        await settle(pilot)
        repositories = pilot.app.screen.query_one(ChoiceList)
        assert repositories.row is not None and repositories.row.id == WHISPER
        assert repositories.chosen == [WHISPER] and repositories.wanted == ""
        await pilot.press("enter")
        await settle(pilot)
        tags = pilot.app.screen.query_one(ChoiceList)
        assert isinstance(pilot.app.screen, Picker)
        assert tags.row is not None and tags.row.id == present and tags.chosen == [present]
        # Another tag of the same repository: three keys and the typed text.
        await type_text(pilot, "4.0.1")
        await pilot.press("enter")
        await settle(pilot)
        assert wizard(pilot).text("task.image") == f"{WHISPER}:{TAGS[0]}"


@pytest.mark.parametrize(
    ("image", "row"),
    [
        (f"{WHISPER}@{DIGEST}", WHISPER),
        (f"{WHISPER}:{TAGS[0]}@{DIGEST}", WHISPER),
        (WHISPER, WHISPER),
        ("localhost:5000/zeta", f"{REGISTRY}/alpha"),
        ("nginx:1.27", f"{REGISTRY}/alpha"),
    ],
)
async def test_the_repository_is_found_whatever_pins_the_image(
    open_wizard: Open, image: str, row: str
) -> None:
    async with open_wizard(account=ACCOUNT) as pilot:
        await go_to(pilot, "task", task__image=image)
        await pilot.press("enter")
        await settle(pilot)
        found = pilot.app.screen.query_one(ChoiceList)
        assert found.row is not None and found.row.id == row


def test_a_url_is_wrapped_and_not_cut() -> None:
    url = f"http://internal-{'whisper-large' * 3}-1234567890.ap-southeast-2.elb.amazonaws.com"
    facts = read_deployment(AnsweredReader(ANSWERS), NAMES)
    outputs = {"url": {"value": url}, "image": {"value": f"{WHISPER}:{TAGS[0]}@{DIGEST}"}}
    status = DeploymentStatus.of(facts, Applied(), NOW)
    deployed = Deployed(NAMES, Applied(), resolve({}, None).stack, outputs=outputs)
    it = Shown(status, deployed, ServiceUrl(url), "", 70)
    found = [line.plain for line in deployment_lines(it)]
    place = next(number for number, line in enumerate(found) if line.startswith("http://"))
    assert found[place] + found[place + 1] == url
    assert all(len(line) <= 70 for line in found)


def test_the_end_of_a_long_changed_line_is_shown() -> None:
    old, new = (f'+  image = "{WHISPER}:{tag}"' for tag in TAGS[:2])
    shown = [line.plain for line in diff_lines([old, new], 40)]
    assert "".join(shown) == old + new and all(len(line) <= 40 for line in shown)
