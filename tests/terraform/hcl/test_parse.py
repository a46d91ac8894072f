"""HCL as people write it: everything that Terraform accepts is accepted with the same meaning."""

from __future__ import annotations

import pytest

from gpuecs_tui.terraform.hcl.parse import parse, parse_expression
from gpuecs_tui.terraform.hcl.tree import (
    Expression,
    FunctionCall,
    Literal,
    Opaque,
    ReadProblem,
    Reference,
    Template,
)
from gpuecs_tui.terraform.read.configuration import load_configuration


def value(text: str) -> Expression:
    return parse(f"before = 1\nx = {text}\nafter = 2\n", "x.tf").attributes["x"].value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # End markers are identifiers and may be indented.
        ("<<END_OF-SCRIPT\necho\n    END_OF-SCRIPT", "echo\n"),
        ("<<Ende_für_β\nEnd\nEnde_für_β", "End\n"),
        ("<<E\nE F\nEE\nE", "E F\nEE\n"),
        ("<<E\r\nhi\r\nE\r", "hi\r\n"),
        # A tab counts as one character of indentation; a blank line has none.
        ("<<-E\n\t\tone\n\n\t\t\ttwo\n\tE", "one\n\n\ttwo\n"),
        ("<<-E\n\t  one\n  two\n  E", " one\ntwo\n"),
        # Only ${ and %{ are special in a heredoc.
        ("<<E\n\\n \"$\" $$ 100% %%{ $${a}\nE", '\\n "$" $$ 100% %{ ${a}\n'),
        ('"$${not closed"', "${not closed"),
        ('"a $$${b} 100% $"', "a $${b} 100% $"),
        ('"%%{ if }"', "%{ if }"),
        ('/* was "p3" */ "g5" # yes', "g5"),
        ('(\n  "g5" // in brackets\n)', "g5"),
        ('"${"nested ${"quotes"}"}"', "nested quotes"),
        ("--3", 3),
        ("- - -3", -3),
        ("!!true", True),
        ("!true", False),
        ("1e3", 1000),
        ("2.50", 2.5),
        ("15E-1", 1.5),
    ],
)  # fmt: skip
def test_constant(text: str, meant: object) -> None:
    scope = load_configuration({"x.tf": f"locals {{\n  x = {text}\n  y = 1\n}}\n"}).scope
    assert scope.value(Reference("local.x")) == meant
    assert scope.value(Reference("local.y")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "!!var.on",
        "(\n  8\n  - var.spare\n)",
        "(\n  2 - # less\n  1\n)",
        "a ? b : c ? d : e",
        "(a\n? b\n: c)",
        "a.*.b",
        "a[*].b[0]",
        "a[b.c].d",
        "[for a in b : a if a != c]",
        "{\n  for k, v in m :\n  k => v...\n  if v\n}",
        "f(a, b...)",
        '"%{ if a == "b" }c%{ else }d%{ endif }"',
        "<<E\n%{ for k, v in m ~}\n  ${k} = ${v}\n%{ endfor ~}\nE",
        '"a ${~ b ~} c"',
        "{ a = 1 }[b]",
        "a != b && c >= 2 || !d",
    ],
)
def test_what_is_not_worked_out_here_is_read_over(text: str) -> None:
    assert isinstance(value(text), Opaque)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('"${\n  a.b\n}"', Reference("a.b")),
        ("a.0.b", Reference("a.0.b")),
        ('a["b"] [ 0 ] . c', Reference("a.b.0.c")),
        ("größe_2-x", Reference("größe_2-x")),
        ("e\u0301tage", Reference("e\u0301tage")),
        (
            "provider::aws::arn_parse(a)",
            FunctionCall("provider::aws::arn_parse", (Reference("a"),)),
        ),
        ('f (\n  "a", # first\n  b,\n)', FunctionCall("f", (Literal("a"), Reference("b")))),
        ("<<E\na ${b}\nE", Template((Literal("a "), Reference("b"), Literal("\n")))),
        ("<<-E\n    a\n      ${b}\n    E",
         Template((Literal("a\n  "), Reference("b"), Literal("\n")))),
    ],
)  # fmt: skip
def test_expression(text: str, meant: Expression) -> None:
    assert value(text) == meant


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only\n", "/* only */", "// only", "\ufeff", "\r\n"]
)
def test_a_file_without_anything_in_it(text: str) -> None:
    assert parse(text, "x.tf") == parse("", "x.tf")


def test_blocks_and_keys() -> None:
    body = parse(
        '\ufeffkind "label" word_2 { a = 1 }\r\nkind {}\nkind {\r\n'
        '  größe = { fort = "x", "for" : 2 }\n  inner { # comment\n  }\n}',
        "x.tf",
    )
    first, second, third = body.blocks
    assert (first.labels, first.body.attributes["a"].value) == (("label", "word_2"), Literal(1))
    assert (second.labels, second.line) == ((), 2)
    assert third.body.attributes["größe"].line == 4
    assert [block.line for block in third.body.blocks] == [5]


@pytest.mark.parametrize(
    ("text", "line", "near"),
    [
        ("a = 1\nx = <<E\nb\n", 2, "heredoc without an end marker"),
        ('a = 1\nx = "b\n"\n', 2, "string without a closing quote"),
        ("a = 1\nx = 'b'\n", 2, "'b'"),
        ("a = 1 b = 2\n", 1, "b = 2"),
        ("x = f(a b)\n", 1, "b)"),
        ("x = {\n  a = 1 b = 2\n}\n", 2, "b = 2"),
        ("x = .5\n", 1, ".5"),
        ("x = { for = 1 }\n", 1, "= 1 }"),
        ("x = [a,\n\n.b]\n", 3, ".b]"),
        ('x = "\\q"\n', 1, "escape sequence that is not valid in HCL"),
        ("x = 1 /* a\n", 1, "* a"),
        ("a {\n  b = 1\n", 3, "end of file"),
        ("x = \n", 1, "end of line"),
        ('a "${b}" {\n}\n', 1, '"${b}" {'),
        ('x = "${a b}"\n', 1, 'b}"'),
    ],
)
def test_what_is_not_hcl_is_named(text: str, line: int, near: str) -> None:
    with pytest.raises(ReadProblem) as caught:
        parse(text, "x.tf")
    assert caught.value.line == line
    assert caught.value.message == f"x.tf, line {line}: unexpected {near}."


def test_one_expression_alone() -> None:
    assert (
        parse_expression(' [ "a",\n  "b" ] ')
        == parse('x = ["a", "b"]', "x.tf").attributes["x"].value
    )
    assert parse_expression("[") is None
    assert parse_expression("a b") is None
