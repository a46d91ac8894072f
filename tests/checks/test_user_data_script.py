"""User data compared with a real bash: no error is wrong, and no fault is missed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from gpuecs_tui.checks import Finding, check
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import account, findings, stack

EXTRA = "fleet.extra_user_data"
C = "/etc/ecs/ecs.config"
JOINS = f"cat >>{C} <<'CONFIG'\nECS_CLUSTER=${{cluster}}\nCONFIG\n"
OWN = f"#!/bin/bash\n{JOINS}"
STUB = '#!/bin/bash\necho "$(basename "$0") $*" >> {log}\n'

CERTAIN = [
    # set -e: commands that can't fail certainly run.
    f"set -e\nmkdir -p /tmp/d || true\nrm {C}\n",
    f"rm {C}\nset -e\nfalse\necho ECS_CLUSTER=llm >> {C}\n",
    "set -e\nset +e\nfalse\nsystemctl stop ecs\n",
    f"set -e\nif false; then :; fi\nfalse || true\n! true\necho ECS_CLUSTER=b >> {C}\n",
    # exec redirects all later commands.
    f"exec >> {C}\necho ECS_CLUSTER=east\n",
    f"exec > {C}\necho ECS_LOGLEVEL=info\n",
    f"exec 5>> {C}\necho ECS_CLUSTER=east >&5\n",
    f"f() {{ exec >> {C}; }}\nf\necho ECS_CLUSTER=east\n",
    # Functions, groups, subshells and other shells.
    f'add() {{ echo "$1=$2" >> {C}; }}\nadd ECS_CLUSTER east\n',
    "f() { exit 0; }\nsystemctl stop ecs\n",
    "(exit 0)\nsystemctl stop ecs\n",
    "bash -c 'exit 3'\nsystemctl stop ecs\n",
    f"sudo bash -c 'echo ECS_CLUSTER=east >> {C}'\n",
    f"bash <<'E'\nrm {C}\nE\n",
    f"echo 'rm {C}' | sh\n",
    f'eval "rm {C}"\n',
    f"cat > /tmp/s.sh <<E\nrm {C}\nE\nbash /tmp/s.sh\n",
    f"{{ echo ECS_LOGLEVEL=info; }} > {C}\n",
    f"if true; then echo ECS_LOGLEVEL=info; fi > {C}\n",
    f"for v in ECS_LOGLEVEL=info ECS_CLUSTER=east; do echo $v; done >> {C}\n",
    "for s in docker ecs; do systemctl stop $s; done\n",
    f"while true; do rm {C}; break; done\n",
    f"for x in a; do (break; rm {C}); done\n",
    f"for x in a; do date | {{ break; rm {C}; }}; done\n",
    f"for x in a; do bash -c 'break; rm {C}'; done\n",
    f"f() {{ break; rm {C}; }}\nfor x in a; do f; done\n",
    f"trap 'rm {C}' EXIT\n",
    # Other names of the file, and other ways of writing it.
    "D=/etc/ecs; echo x > ${D}/ecs.config\n",
    "cd /etc && echo x > ./ecs/ecs.config\n",
    "echo x > /etc/ecs/../ecs/ecs.config\n",
    'echo x > "/etc/ecs/"ecs.config\n',
    f"echo ECS_CLUSTER=llm 2> {C}\n",
    f"echo x >{C} ECS_CLUSTER=llm\n",
    "rm -rf /etc/ecs/\n",
    "rm -f /etc/ecs/ecs.*\n",
    f"printf '%s=%s\\n' ECS_LOGLEVEL info ECS_CLUSTER east >> {C}\n",
    f"K=ECS_CLUSTER; echo $K=east >> {C}\n",
    f"echo ECS_CLU\"\"STER='east' >> {C}\n",
    f"cat <<'END OF IT' >> {C}\nECS_CLUSTER=east\nEND OF IT\n",
    f"<<1 cat >> {C}\nECS_CLUSTER=east\n1\n",
    f"cat <<< ECS_CLUSTER=east >> {C}\n",
    f"cat <<E | sed s/llm/east/ >> {C}\nECS_CLUSTER=llm\nE\n",
    f"cat <<E > /tmp/x\nECS_CLUSTER=east\nE\ncat /tmp/x >> {C}\n",
    f"sed -i -e s/a/b/ -e s/llm/east/ {C}\n",
    "sed -i '/CLUSTER/d' /etc/ecs/*\n",
    f"# no continuation \\\nrm {C}\n",
    f"echo $'it\\'s'\nrm {C}\n",
    f"x=$(rm {C})\n",
    f'echo "`echo \\"ECS_CLUSTER=east\\"`" >> {C}\n',
]
"""Each of these scripts breaks the stack."""
OPEN = [
    # Cases in which it is unknown whether a command runs.
    f"set -e\nnvidia-smi-x\nrm {C}\n",
    f"set -euo pipefail\ngrep -q nothing {C}\necho ECS_CLUSTER=east >> {C}\n",
    "set -o errexit\ntest -e /nope\nsystemctl stop ecs\n",
    "trap 'exit 0' ERR\ntest -e /nope\nsystemctl stop ecs\n",
    "set -u\necho $NOT_SET\nsystemctl stop ecs\n",
    f"cat /nope && rm {C}\n",
    f"echo x > /nope/y && rm {C}\n",
    f"(sleep 0; rm {C}) &\nwait\n",
    f"case $1 in\n  a|b) rm {C} ;;\nesac\n",
    # Commands in expansions, arrays, arithmetic and conditions.
    f'echo "${{NONE:-$(rm {C})}}"\n',
    f"a=(1 `rm {C}`)\n",
    f"echo $((2 + $(rm {C}; echo 1)))\n",
    f"[[ -z $(rm {C}) ]]\n",
    f"(( $(rm {C}; echo 1) > 0 ))\n",
    f"case a in $(rm {C})b) ;; esac\n",
    f"for (( i=$(rm {C}; echo 1); i<1; i++ )); do :; done\n",
    # bash ends at a syntax error and runs nothing of that line.
    f"if test -e /nope; then\n  # later\nfi\nrm {C}\n",
    f"f() {{\n}}\nrm {C}\n",
    f"until true; do\ndone\nrm {C}\n",
    f"()\nrm {C}\n",
    f"rm {C}; ; true\n",
    "systemctl stop ecs && for\n",
    f"bash -c 'rm {C}; ; true'\n",
    # Unsupported syntax hides nothing else on its line.
    "systemctl stop ecs; coproc date\n",
    f"systemctl restart --no-block ecs; coproc rm {C}\n",
    # Cases in which the written text is unknown.
    f"echo $(< /opt/ours) >> {C}\n",
    f"cat /opt/ours >> {C}\n",
    f"cat < /opt/ours | tee -a {C}\n",
    f"{{ cat /opt/ours; }} >> {C}\n",
    f"exec >> {C}\ncat /opt/ours\n",
    f"X=$(cat /opt/ours)\necho $X >> {C}\n",
    f"while read -r l; do echo $l >> {C}; done < /opt/ours\n",
    f"cp /opt/ours {C}\n",
    "mv /opt/ours /etc/ecs/ecs.config\n",
    f"ln -sf /opt/ours {C}\n",
    f"dd if=/opt/ours of={C} status=none\n",
    f"F=$(echo {C} | cat)\ntac /opt/ours > $F\n",
    # Cases in which the effect of the command is unknown.
    f"perl -i -pe 's/llm/east/' {C}\n",
    "find /etc/ecs -type f -delete\n",
    f"echo {C} | xargs rm\n",
    f"ln -s {C} /tmp/link\necho x > /tmp/link\n",
    f"sed -i '$d' {C}\n",
]
"""Scripts with an undecided finding: nothing is claimed, and nothing is missed."""
FINE = [
    "f() {\n  exit 0\n}\n",
    f"f() {{ rm {C}; }}\n",
    f"exit 0\nrm {C}\n",
    f"for x in a; do y=$(break; rm {C}); done\n",
    "{ exit; }\nsystemctl stop ecs\n",
    f"exec true\nrm {C}\n",
    f"true || rm {C}\nfalse && systemctl stop ecs\n",
    f": <<'E'\nrm {C}\nE\n: '\nsystemctl stop ecs\n'\n",
    f"cat <<A >> {C}; cat <<B > /tmp/x\nECS_LOGLEVEL=info\nA\nECS_CLUSTER=east\nB\n",
    f"cat <<E | sed s/east/llm/ >> {C}\nECS_CLUSTER=east\nE\n",
    "exec > /tmp/log 2>&1\necho ECS_CLUSTER=east\n",
    f"exec > {C} 2>&1\necho ECS_CLUSTER=llm\n",
    f"cp {C} /tmp/kept\nrm {C}\ncp /tmp/kept {C}\n",
    f"trap 'echo ECS_CLUSTER=llm >> {C}' EXIT\nrm {C}\n",
    f"echo ECS_CLUSTER=east >> {C}; sed -i s/east/llm/ {C}\n",
    f'echo "ECS_CONTAINER_INSTANCE_TAGS={{\\"host\\":\\"$(hostname)\\"}}" >> {C}\n',
    f"F={C}\nF=/tmp/other\necho x > $F\n",
    "V=${V:-$(date)}\nN=$(( $(nproc) * 2 ))\na=(b `date`)\n[[ -n $(uname) ]] && echo $N\n",
    "set -e\nif true; then\n  exec > >(cat) 2>&1\nfi\necho done\n",
]
"""Scripts that leave the stack working as intended."""
OWN_PARTS = [
    ("#!/bin/bash\nexit 0\n" + JOINS, "", "error"),
    ("#!/bin/bash\n[ -e /nope ] || exit 0\n" + JOINS, "", "unknown"),
    ("#!/bin/bash\nset -e\ntest -d /nope\n" + JOINS, "", "unknown"),
    ("#!/bin/bash -e\ntest -d /nope\n" + JOINS, "", "unknown"),
    ("#!/bin/bash\njoin() {\n" + JOINS + "}\n", "", "error"),
    ("#!/bin/bash\njoin() {\n" + JOINS + "}\njoin\n", "", None),
    ("#!/bin/bash\nif [ -e /nope ]; then\n" + JOINS + "fi\n", "", "unknown"),
    ("#!/bin/bash\nexec > /tmp/log 2>&1\n" + JOINS, "echo hi\n", None),
    (OWN + "exit 0\n", f"rm {C}\n", None),
    (OWN + "exec true\n", "systemctl stop ecs\n", None),
    (OWN + f"F={C}\n", "echo x > $F\n", "error"),
    (OWN + "if true; then\n", f"rm {C}\nfi\n", "error"),
    (OWN + "set -e\ntest -e /nope\n", f"rm {C}\n", "unknown"),
]
"""The file in the directory, the text that is added to it, and the findings."""


def said(own: str, extra: str) -> list[Finding]:
    wanted = stack(fleet__extra_user_data=extra)
    found = check(wanted, account(), bootstrap=own)
    return [it for it in found if it.rule == "user-data"]


def is_broken(root: Path, script: str) -> bool:
    """Run a script in a real bash, with its paths below ``root``; tell whether the agent joins
    ``llm``."""
    for folder in ("bin", "etc/ecs", "tmp", "opt"):
        (root / folder).mkdir(parents=True)
    (root / "opt/ours").write_text("ECS_CLUSTER=east\n")
    for name in ("systemctl", "shutdown", "sudo"):
        stub = root / "bin" / name
        text = '#!/bin/bash\nexec "$@"\n' if name == "sudo" else STUB.format(log=root / "log")
        stub.write_text(text)
        stub.chmod(0o755)
    text = script.replace("${cluster}", "llm")
    path = root / "script"
    path.write_text(re.sub(r"/etc/ecs|/etc(?= &&)|/tmp/|/opt/", lambda it: f"{root}{it[0]}", text))
    path.chmod(0o755)
    environment = {"PATH": f"{root}/bin:{os.defpath}", "HOME": str(root)}
    subprocess.run(
        [path], cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=20, check=False,
    )  # fmt: skip
    config = root / "etc/ecs/ecs.config"
    lines = config.read_text().splitlines() if config.exists() else []
    joined = [it.partition("=")[2].strip("'\"") for it in lines if it.startswith("ECS_CLUSTER=")]
    log = (root / "log").read_text() if (root / "log").exists() else ""
    return joined[-1:] != ["llm"] or bool(re.search(r"stop.*\becs\b|shutdown", log))


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        *((it, "error") for it in CERTAIN),
        *((it, "unknown") for it in OPEN),
        *((it, None) for it in FINE),
    ],
)
def test_extra_user_data_beside_bash(tmp_path: Path, script: str, severity: str | None) -> None:
    found = said("", script)
    assert {it.severity.value for it in found} == ({severity} if severity else set())
    assert all(it.remedy and it.field == EXTRA for it in found)
    if severity != "unknown":
        assert is_broken(tmp_path, OWN + script) == (severity == "error")


@pytest.mark.parametrize(("own", "extra", "severity"), OWN_PARTS)
def test_both_parts_are_one_script(
    tmp_path: Path, own: str, extra: str, severity: str | None
) -> None:
    found = said(own, extra)
    assert {it.severity.value for it in found} == ({severity} if severity else set())
    if severity != "unknown":
        assert is_broken(tmp_path, own + extra) == (severity == "error")


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("#cloud-config\nwrite_files:\n- path: /etc/ecs/ecs.config\n", "cloud-config"),
        ('Content-Type: multipart/mixed; boundary="x"\nMIME-Version: 1.0\n', "MIME multi-part"),
        ("#!/usr/bin/env python3\nprint()\n", "an interpreter other than a shell"),
        (OWN.replace("ECS_CLUSTER", "%{ if spot }\nECS_CLUSTER"), "template expressions"),
    ],
)
def test_a_file_that_is_not_followed_is_unknown(own: str, words: str) -> None:
    (found,) = said(own, "")
    assert (found.severity, words in found.message) == ("unknown", True)


def test_windows_line_ends_as_cloud_init_reads_them() -> None:
    # cloud-init removes CR characters if the first line has one; otherwise the shell reads them.
    (found,) = said(OWN.replace("\n", "\r\n"), "echo hi\r\n")
    assert found.severity == "warning"
    (found,) = said("#!/bin/bash\n" + JOINS.replace("\n", "\r\n"), "")
    assert found.severity == "error"


@pytest.mark.parametrize(
    "script",
    [
        "x=ab\n" + "x=$x$x\n" * 40 + "echo $x\n",
        "f() { f; f; }\nf\n",
        'x=\'eval "$x"\'\neval "$x"\n',
        f"for i in {'a ' * 6000}; do echo $i; done\n",
    ],
)
def test_what_has_no_end_is_unknown(script: str) -> None:
    (found,) = said("", script)
    assert (found.severity, "than gpuecs-tui follows" in found.message) == ("unknown", True)


@pytest.mark.parametrize("script", ["(" * 5000, "$(" * 3000, "`" * 3001, "{ " * 4000, "'", "if"])
def test_text_that_is_no_command_ends_the_script(script: str) -> None:
    assert said("", f"echo hi\n{script}") == []
    (found,) = said("", f"rm {C}\n{script}")
    assert found.severity == "error"


def test_many_conditions_are_followed_together() -> None:
    script = "".join(f"if test -e /x{at}; then x{at}=1; fi\n" for at in range(30))
    assert said("", script) == []
    (found,) = said("", f"{script}rm {C}\n")
    assert found.severity == "error"


def test_what_clears_unknown_settings() -> None:
    script = f"cat /opt/ours >> {C}\n"
    (found,) = said("", script)
    assert "append ECS_CLUSTER=llm and ECS_ENABLE_GPU_SUPPORT=true afterwards" in found.remedy
    assert said("", f"{script}echo ECS_CLUSTER=llm >> {C}\n")
    both = f"{script}printf 'ECS_CLUSTER=llm\\nECS_ENABLE_GPU_SUPPORT=true\\n' >> {C}\n"
    assert said("", both) == []


def test_an_endless_loop_keeps_the_agent_from_starting() -> None:
    loop = "while true; do sleep 5; done"
    (found,) = said("", f"{loop}\n")
    assert (found.severity, "never ends" in found.message) == ("error", True)
    assert said("", f"{loop} &\n") == []


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ('[settings.ecs]\ncluster = "${cluster}"\n', ""),
        ('[settings.ecs]\ncluster = "east"\n', "sets settings.ecs.cluster to east"),
        ('[settings.motd]\nx = "y"\n', "doesn't set settings.ecs.cluster"),
        ("[settings.ecs]\ncluster = ${cluster}\n", "not valid TOML"),
        (OWN, "is a shell script, but Bottlerocket reads TOML"),
    ],
)
def test_an_edited_file_of_bottlerocket(own: str, words: str) -> None:
    wanted = stack(fleet__ami="bottlerocket")
    found = [it for it in check(wanted, account(), bootstrap=own) if it.rule == "user-data"]
    assert [words in it.message for it in found] == ([True] if words else [])


def test_bottlerocket_has_no_script() -> None:
    given: dict[str, Value] = {
        "fleet__ami": "bottlerocket",
        "fleet__extra_user_data": "[settings.kernel]\n",
    }
    assert [it for it in findings(account(), **given) if it.rule == "user-data"] == []
