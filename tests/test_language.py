"""All texts are worded plainly: no phrase of the lists, and every text has the ending of its kind.

The texts are those that are marked for translation, the comments and descriptions in
``templates/``, the documentation, and the docstrings and comments of the code and its tests.
``python -m tests.test_language`` lists the violations.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.repository import ROOT
from tests.support.sources import MARKERS, modules

PLAIN: Mapping[str, str] = {
    # Words that no guide of AWS or Terraform uses.
    "amiss": "wrong", "anew": "again, new", "henceforth": "from now on", "lest": "so that … not",
    "mend": "fix, repair", "mended": "fixed", "mends": "fixes", "nobody": "name who",
    "somebody": "name who", "sift": "filter", "thereby": "so", "whoever": "name who",
    # Unknown facts and failures.
    "can't be told": "Could not …, or: is unknown", "can not be told": "Could not …",
    "cannot be told": "Could not …, or: is unknown", "could not be told": "Could not …",
    "as far as can be": "name what was checked", "as far as is known": "name what was checked",
    "isn't known": "is unknown", "is not known": "is unknown", "isn't readable": "Could not read …",
    "can't be looked into": "Could not read …", "can't be listed": "Could not list …",
    "can't be put right": "Could not repair …", "be put right": "be repaired",
    # Idioms.
    "at work here": "in progress", "be it none": "even if there are none", "be sure that": "check",
    "brought back": "imported, restored", "come to an end": "end",
    "comes to nothing": "fails", "ends as": "becomes, has the result",
    "for good": "permanently", "gives way": "is replaced", "give way": "be replaced",
    "goes on by": "continues in the background", "goes on with": "continues with",
    "hold good": "apply", "in vain": "without effect",
    "is ours to": "Internal error: … Please report this bug.", "keep hold of": "keep",
    "let go of": "release, detach", "let the account": "simulate …, or: reload the account",
    "left the note": "Stale lock record from …", "of its own accord": "without …",
    "put right": "repaired", "set right": "corrected, restored",
    "stand in the way": "prevent", "stands in the way": "prevents", "stands in": "is in",
    "stands there": "is there", "takes its place": "replaces it", "took its place": "replaced it",
    "waits for you": "waiting for approval", "without a word": "without a message",
    "give yourself": "check permissions", "make room": "check free space",
    "who asks": "the credentials, the caller", "way out": "network path, route",
    "a way to": "network access to", "no way to": "no network path to",
    "the way back": "the change back",
    # One wording for one thing.
    "is no directory": "is not a directory", "is no folder": "is not a directory",
    "is no file": "is not a file", "is no regular file": "is not a regular file",
    "is no stack": "is not a stack", "is no answers file": "is not an answers file",
    "is no valid": "is not a valid", "is no such": "does not exist",
    "there is no directory": "does not exist", "must be given": "is required",
    "has to be given": "is required", "must be set right": "fix",
    "nothing found": "No problems found.", "nothing is to be moved": "State is already in …",
    "nothing here matches": "No matches. Press Esc to clear the filter.",
    "nothing matches": "No matches. Press Esc to clear the filter.",
    "credentials have ended": "credentials have expired", "credentials end": "credentials expire",
    "take one that": "choose an existing …", "makes room": "frees space",
    "roll-out": "deployment", "roll-outs": "deployments", "is at fault": "is wrong",
}  # fmt: skip
"""Literal phrase → what is written instead. Phrases match between word boundaries, in any case."""

IN_CODE: Mapping[str, str] = {
    **PLAIN,
    "told": "reported, known, requested", "tells of": "reports", "is said": "is reported",
    "said of": "reported about", "says nothing": "has no information", "be had": "be available",
    "on view": "displayed, visible", "at work": "in progress, running", "in the midst": "during",
    "goes on": "continues", "go on with": "continue", "gone on with": "continued",
    "cut off in": "interrupted", "stands in": "is in", "stands there": "is there",
    "what stands": "the content", "lies in": "is in", "lies there": "is there",
    "lies beside": "is next to", "beside": "next to, besides", "another than": "a different …",
    "none where": "none if", "where none": "if none", "where there is none": "if there is none",
    "of which it": "name the thing", "be it": "even if", "so often": "as often as",
    "whom": "name who",
    "for ever": "forever", "in the way": "preventing it", "upon": "on", "taken for": "used as",
    "looked at": "read, checked", "looks at": "reads, checks", "a look at": "a read of",
    "looked into": "read", "brought up to date": "updated", "up to date with": "updated from",
    "once more": "again", "somebody else": "another user", "let in": "allowed",
    "sent on": "redirected", "furnished": "filled", "put in its place": "replaced",
    "comes to": "results in", "amounts to": "results in", "knows of": "has",
    "made up": "invented", "no stranger": "expected",
    "the word that": "the record that", "as it stands": "unchanged",
    "is none of": "is not one of",
}  # fmt: skip
"""The same for docstrings and comments."""

LABELS = frozenset({
    ("bind", 2), ("bind", 3), ("_key", 2), ("_key", 3), ("Group", 0), ("Section", 0), ("Tab", 1),
    ("Step", 1), ("Confirm", "yes"), ("Choices", 0), ("text", 0), ("texts", 0), ("integer", 0),
    ("choice", 0), ("flag", 0), ("listed", 0), ("table", 0), ("integer", "unit"),
    ("text", "pattern_says"), ("texts", "pattern_says"), ("NotAValue", 0), ("Condition", 2),
    ("error", 3), ("warning", 3), ("undecided", 3), ("unknown", 3), ("_Step", 0), ("_Result", 0),
    ("RecordProblem", 1), ("Unread", 3), ("Withheld", 1), ("AnswersError", 0),
})  # fmt: skip
"""Call and argument (its place or its name) of texts that end without a period: labels, headings,
units, and parts from which the program makes a sentence, such as the remedy of a finding."""

SENTENCES = frozenset({
    ("error", 2), ("warning", 2), ("undecided", 2), ("text", 1), ("texts", 1), ("integer", 1),
    ("choice", 1), ("flag", 1), ("table", 1), ("listed", "empty"), ("Fault", 1), ("Failure", 0),
    ("AwsProblem", 1), ("DemoProblem", 0), ("DraftProblem", 0), ("LockProblem", 0),
    ("LockProblem", 1), ("MigrationProblem", 0), ("MigrationProblem", 1), ("ReadProblem", 0),
    ("RunProblem", 0), ("StateProblem", 0), ("StateProblem", 1), ("TerraformProblem", 0),
    ("WriteProblem", 0), ("WriteProblem", 1), ("_Result", 3), ("say", 0),
})  # fmt: skip
"""Call and argument of texts that end with a period, a question mark or a colon; or with a
placeholder for the last sentence or a command."""

MOST_SENTENCES = 3
_HELP = re.compile(r"(HELP|ABOUT|EXPLANATION)")
_END = re.compile(r"(?<=\S)[.?!](?=\s|$)")
_POSITIONAL = re.compile(r"\{(\d*)(![rsa])?(:[^}]*)?\}|%[sdrif]|%\(")
_LINE_BREAK = re.compile(r"\s*\n\s*(#:? )?")
_LIKELY = re.compile(r'"""(?:.|\n)*?"""|#[^\n]*')
"""Text in triple quotes or after a number sign: docstrings, comments, and some other text."""
_COMMAND = re.compile(r": (gpuecs-tui|pip install) [^.]*$")
"""A command at the end of a text; a period would change the command."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that people read."""

    path: Path
    line: int
    words: str
    place: tuple[str, int | str] = ("", 0)
    """Name of the call that receives it, and the place or name of the argument."""
    is_help: bool = False
    """It explains a field or a whole screen, so it may be longer."""

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.words!r}"


def marked() -> Iterator[Text]:
    """Yield the texts that are marked for translation."""
    for path, tree in modules().items():
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            for argument in call.args[: MARKERS.get(call.func.id, 0)]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    place, is_help = _place(call, parents)
                    yield Text(path, argument.lineno, argument.value, place, is_help)


def _place(call: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> tuple[tuple[str, int | str], bool]:
    """Return which argument of which call a marked text is, and whether it is a help text."""
    node, above = call, parents[call]
    # The text itself may be formatted first.
    while isinstance(above, ast.Attribute) or (isinstance(above, ast.Call) and above.func is node):
        node, above = above, parents[above]
    place: tuple[str, int | str] = ("", 0)
    if isinstance(above, ast.keyword):
        outer = parents[above]
        if isinstance(outer, ast.Call) and above.arg:
            place = (_name(outer.func), above.arg)
    elif isinstance(above, ast.Call) and node in above.args:
        place = (_name(above.func), above.args.index(node))
    statement: ast.AST = call
    while not isinstance(statement, ast.stmt):
        statement = parents[statement]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    is_help = any(_HELP.search(_name(it)) for it in targets) or place[1] == "help"
    return place, is_help


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def written() -> Iterator[Text]:
    """Yield the comments, descriptions and error messages of the templates."""
    for path in sorted((ROOT / "templates").glob("*.j2")):
        comment: list[str] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            bare = line.strip()
            if bare.startswith("#") and not bare.startswith("#!"):
                comment.append(bare.lstrip("# "))
                continue
            if comment:
                yield Text(path, number - 1, " ".join(comment))
                comment = []
            if found := re.match(r'(?:description|error_message) = "(.*)"$', bare):
                yield Text(path, number, found[1])


def documented() -> Iterator[Text]:
    """Yield the paragraphs of the documentation without code; of the changelog only the unreleased
    part."""
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md",
                 *sorted((ROOT / "docs").rglob("*.md"))):  # fmt: skip
        text = path.read_text(encoding="utf-8")
        if path.name == "CHANGELOG.md":
            text = re.split(r"(?m)^## (?!\[?Unreleased)", text)[0]
        # The number of lines must stay the same.
        text = re.sub(r"(?ms)^ *```.*?^ *```", lambda it: "\n" * it[0].count("\n"), text)
        number = 1
        for paragraph in text.split("\n\n"):
            for cell in re.split(r"\n(?=[|])", paragraph):
                words = re.sub(r"`[^`]*`", "`…`", cell)
                yield Text(path, number, " ".join(words.split()))
                number += cell.count("\n") + 1
            number += 1


def commented() -> Iterator[Text]:
    """Yield the docstrings and comments of the modules that may contain a phrase of the lists."""
    for folder in ("gpuecs_tui", "screens", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            # Parsing all modules would take ten seconds.
            likely = _LINE_BREAK.sub(" ", "\n".join(_LIKELY.findall(source))).lower()
            if any(phrase in likely for phrase in IN_CODE):
                for line, words in explained(source):
                    yield Text(path, line, words)


def explained(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every docstring and comment, without literals in double backticks."""
    found = [
        (node.lineno, node.value.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    comment: list[str] = []
    begin, end = 0, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, own = token.start[0], token.line.lstrip().startswith("#")
            if comment and not (own and line == end + 1):
                found.append((begin, " ".join(comment)))
                comment = []
            begin, end = begin if comment else line, line
            comment.append(token.string.lstrip("#: "))
    found.append((begin, " ".join(comment)))
    for line, words in found:
        yield line, " ".join(re.sub(r"``[^`]*``", "``…``", words).split())


def phrases(texts: Iterable[Text], plain: Mapping[str, str] = PLAIN) -> Iterator[str]:
    """Yield the places where a phrase of the list is used."""
    pattern = _pattern(plain)
    for text in texts:
        for phrase in sorted({it[0].lower() for it in pattern.finditer(text.words)}):
            yield f"{text}: {phrase!r}, write: {plain[phrase]}"


def _pattern(plain: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, plain))})(?!\w)", re.IGNORECASE)


def endings(texts: Iterable[Text]) -> Iterator[str]:
    """Yield the texts whose ending does not suit their kind."""
    for text in texts:
        last = text.words.rstrip()[-1:]
        if text.place in LABELS and last == ".":
            yield f"{text}: {text.place} ends without a period"
        if text.place in SENTENCES and last not in ".?:…}`" and not _COMMAND.search(text.words):
            yield f"{text}: {text.place} ends with a period"


def long_ones(texts: Iterable[Text]) -> Iterator[str]:
    """Yield the texts with too many sentences."""
    for text in texts:
        sentences = len(_END.findall(text.words))
        if sentences > MOST_SENTENCES and not text.is_help:
            yield f"{text}: {sentences} sentences"


def unnamed(texts: Iterable[Text]) -> Iterator[str]:
    """Yield the texts with a placeholder that a translator can't move."""
    texts = list(texts)
    argparse = {it.words for it in texts if it.path.name == "argparse_words.py"}
    for text in texts:
        if text.words not in argparse and _POSITIONAL.search(text.words):
            yield f"{text}: a placeholder without a name"


def test_no_phrase_of_the_list_in_a_text() -> None:
    assert not list(phrases(marked()))


def test_no_phrase_of_the_list_in_what_is_written() -> None:
    assert not list(phrases(written()))


def test_no_phrase_of_the_list_in_the_documentation() -> None:
    assert not list(phrases(documented()))


def test_no_phrase_of_the_lists_in_docstrings_and_comments() -> None:
    assert not list(phrases(commented(), IN_CODE))


def test_docstrings_and_comments_are_found() -> None:
    source = '''
"""Of a ``told`` module,
over two lines."""
# A comment that is
# continued.
SECONDS = "# no comment"  # A comment at its end.
"""Of a constant."""
'''
    assert sorted(explained(source)) == [
        (2, "Of a ``…`` module, over two lines."),
        (4, "A comment that is continued."),
        (6, "A comment at its end."),
        (7, "Of a constant."),
    ]


def test_every_text_ends_as_its_kind_ends() -> None:
    assert not list(endings(marked()))
    places = {text.place for text in marked()}
    unused = {it for it in LABELS | SENTENCES if it not in places}
    assert not unused, "no text is given to these calls"


def test_no_text_is_longer_than_three_sentences() -> None:
    assert not list(long_ones(marked()))


def test_every_placeholder_has_a_name() -> None:
    assert not list(unnamed(marked()))


def violations() -> Iterator[str]:
    """Yield all violations that the tests of this module find."""
    texts = list(marked())
    for check in (phrases, endings, long_ones, unnamed):
        yield from check(texts)
    yield from phrases(written())
    yield from phrases(documented())
    yield from phrases(commented(), IN_CODE)


if __name__ == "__main__":
    print("\n".join(violations()))
    sys.exit(any(True for _ in violations()))
