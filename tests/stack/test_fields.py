"""The typed text and the value of a key."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.stack.fields import Key, NotAValue
from gpuecs_tui.stack.model import KEYS
from tests.support.strategies import values

MAP = Key(kind="map", label="", help="", default={})
WORDS = Key(kind="list", label="", help="", default=(), words=True)
ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).filter(
    lambda text: unicodedata.is_normalized("NFC", text)
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True)


@given(st.dictionaries(NAMES, ANY_TEXT))
def test_a_table_survives_being_typed(value: dict[str, str]) -> None:
    assert MAP.parse(MAP.unparse(value)) == value


@given(st.dictionaries(ANY_TEXT.filter(bool), ANY_TEXT))
def test_any_name_survives_being_typed(value: dict[str, str]) -> None:
    assert MAP.parse(MAP.unparse(value)) == value


@pytest.mark.parametrize("key", [key for key in KEYS if KEYS[key].kind == "map"])
@given(data=st.data())
def test_every_accepted_table_survives_being_typed(key: str, data: st.DataObject) -> None:
    value = data.draw(values(key))
    assert KEYS[key].parse(KEYS[key].unparse(value)) == value


@pytest.mark.parametrize("name", ["a=b", "=", "=0", "a=", "x = y", "k8s.io/a=b:c@d"])
def test_a_tag_s_name_may_hold_an_equals_sign(name: str) -> None:
    value = {"team": "ml", name: "x=y"}
    assert not KEYS["stack.tags"].problem(value)
    typed = KEYS["stack.tags"].unparse(value)
    assert typed == f'team=ml\n"{name}"=x=y'
    assert KEYS["stack.tags"].parse(typed) == value


@pytest.mark.parametrize("line", ['"a', '"a" b=c', '"a"', '""=c', '"\\x"=c'])
def test_a_name_in_quotes_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(NotAValue, match='must have the form "name"=value'):
        MAP.parse(line)


@pytest.mark.parametrize("sign", ["\n", "\t", "\r", "<", "&", "\b", "\f", "\x1f"])
@pytest.mark.parametrize("mark", ["\u0301", "\u0307"])
def test_a_mark_that_terraform_would_compose_with_an_escape_is_refused(
    sign: str, mark: str
) -> None:
    texts = {f"a{sign}{mark}b": True, f"a{sign}b": False, f"a{sign}x\u0331": False}
    for text, bad in texts.items():
        escaped = json.dumps(text, ensure_ascii=False)
        escaped = "".join(f"\\u{ord(c):04x}" if c in "<>&" else c for c in escaped)
        changed = unicodedata.normalize("NFC", escaped) != escaped
        assert bool(KEYS["task.environment"].problem({"A": text})) == changed
        assert bad or not changed


def test_more_marks_in_a_row_than_terraform_carries_are_refused() -> None:
    for text, bad in {
        "q" + "\u0301" * 30: False,
        "q" + "\u0301" * 31: True,
        # Decomposed, it is a letter with one mark, which counts.
        "é" + "\u0316" * 30: True,
        ("q" + "\u0301" * 20) * 5: False,
    }.items():
        text = unicodedata.normalize("NFC", text)
        assert ("in a row" in KEYS["task.environment"].problem({"A": text})) is bad
        assert ("in a row" in KEYS["task.command"].problem((text,))) is bad


@given(st.lists(ANY_TEXT))
def test_a_command_survives_being_typed(words: list[str]) -> None:
    assert WORDS.parse(WORDS.unparse(tuple(words))) == tuple(words)


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("fleet.min_size", "three", "whole number"),
        ("fleet.min_size", "5001", "between 0 and 5000"),
        ("task.environment", "A", "name=value"),
        ("task.environment", "A=1\nA=2", "more than once"),
        ("task.command", "'open", "split into words"),
        ("service.rollback", "maybe", "true or false"),
        ("task.log_retention_days", "2", "one of -1, 0, 1, 3"),
        ("network.instance_subnet_ids", "", "at least one"),
        ("network.ingress_cidrs", "10.0.0.0/33", "IPv4 CIDR"),
        ("network.ingress_cidrs", "10.0.0.0/8 10.0.0.0/8", "more than once"),
        ("network.vpc_endpoints", "ecs, dynamodb", "dynamodb: must be one of ecs, ecs-agent"),
        ("health_check.matcher", "500", "between 200 and 499"),
        ("health_check.port", "65536", "traffic-port"),
        ("health_check.path", "health", "start with /"),
        ("task.image", "a" * 256, "maximum is 255"),
        ("task.image", "a\nb", "image reference"),
    ],
)
def test_a_wrong_text_says_why(key: str, text: str, words: str) -> None:
    with pytest.raises(NotAValue, match=words):
        KEYS[key].parse(text)


DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "fine"),
    [
        ("app", True), ("app:1", True), ("vllm/vllm-openai:v0.9", True), (f"app{DIGEST}", True),
        (f"localhost:5000/a/b_c__d-e---f.g:V_1.x-{DIGEST}", True), ("A.example/app", True),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/llm/serve:latest", True),
        ("a//b::c", False), ("a//b", False), ("a::c", False), ("/a", False), ("a/", False),
        ("a:", False), ("App", False), ("a/B", False), ("a..b", False), ("a___b", False),
        ("-a", False), ("a-", False), ("a:.b", False), ("a:" + "b" * 129, False), ("a@1", False),
        ("ex_ample.com:80/a", False), ("example.com:x/a", False), (f"a{DIGEST}0", False),
        ("-example.com/a", False), ("[::1]:5000/a", False), (f"a{DIGEST}:1", False),
    ],
)  # fmt: skip
def test_an_image_is_a_docker_reference(image: str, fine: bool) -> None:
    assert (not KEYS["task.image"].problem(image)) is fine


def test_lists_take_commas_and_spaces() -> None:
    key = KEYS["network.ingress_cidrs"]
    assert key.parse("10.0.0.0/8,192.168.0.0/16  1.2.3.4/32") == (
        "10.0.0.0/8", "192.168.0.0/16", "1.2.3.4/32",
    )  # fmt: skip


def test_decomposed_letters_are_composed_when_typed_and_refused_elsewhere() -> None:
    decomposed = unicodedata.normalize("NFD", "A=é")
    assert MAP.parse(decomposed) == {"A": "é"}
    assert "several characters" in MAP.problem({"A": decomposed})
    assert "Unicode" in WORDS.problem(("\ud800",))


@pytest.mark.parametrize(
    ("value", "fine"),
    [("", True), ("推論 1", True), ("a.b:/=+@_-", True), ("${x}", False), ("[x]", False),
     ("a\nb", False), (" a", False), ("a ", False), ("😀", False), ("aws:x", False),
     ("a" * 257, False)],
)  # fmt: skip
def test_a_tag_s_value_is_one_that_every_service_takes(value: str, fine: bool) -> None:
    assert (not KEYS["stack.tags"].problem({"team": value})) is fine
