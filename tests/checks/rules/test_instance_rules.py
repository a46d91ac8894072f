"""Rules about the instance: what containers can do to it, and the effects of its user data."""

from __future__ import annotations

import pytest

from gpuecs_tui.checks import Finding
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.stack.fields import Value
from tests.support.fixes import apply_fix
from tests.support.small_account import ANSWERS, account, findings, of_rule, stack

EXTRA = "fleet.extra_user_data"
CONFIG = "/etc/ecs/ecs.config"
OWN = f"#!/bin/bash\ncat >>{CONFIG} <<'CONFIG'\nECS_CLUSTER=${{cluster}}\nCONFIG\n"


def told(rule: str, **changes: Value) -> list[Finding]:
    return [it for it in findings(account(), **changes) if it.rule == rule]


@pytest.mark.parametrize(
    ("added", "named", "kept"),
    [
        (("SYS_ADMIN",), ["SYS_ADMIN"], ()),
        (("IPC_LOCK", "SYS_PTRACE", "NET_ADMIN"), ["SYS_PTRACE", "NET_ADMIN"], ("IPC_LOCK",)),
        (("ALL",), ["ALL"], ()),
        (("IPC_LOCK", "SYS_NICE", "CHOWN"), [], ()),
        ((), [], ()),
    ],
)
def test_capability(added: tuple[str, ...], named: list[str], kept: tuple[str, ...]) -> None:
    found = told("capability", task__capabilities=added)
    assert [it.severity.value for it in found] == (["warning"] if named else [])
    for it in found:
        assert all(name in it.message for name in named)
        changed = apply_fix(it, {**ANSWERS, "task.capabilities": added})
        assert changed["task.capabilities"] == kept


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"task__network_mode": "host"}, [("warning", "task.network_mode")]),
        ({"task__network_mode": "awsvpc", "fleet__imds_hop_limit": 2}, []),
        ({"fleet__imds_hop_limit": 3}, [("warning", "fleet.imds_hop_limit")]),
        ({"fleet__imds_hop_limit": 0}, [("warning", "fleet.imds_hop_limit")]),
        (
            {"fleet__imds_hop_limit": 0, "fleet__ami": "ami-0123456789abcdef0"},
            [("unknown", "fleet.imds_hop_limit")],
        ),
    ],
)
def test_imds_reach(changes: dict[str, Value], expected: list[tuple[str, str]]) -> None:
    assert of_rule("imds-reach", **changes) == expected
    for it in told("imds-reach", **changes):
        if it.fix:
            given = {key.replace("__", "."): value for key, value in changes.items()}
            answers = apply_fix(it, {**ANSWERS, **given})
            assert "imds-reach" not in {again.rule for again in findings(account(), answers)}


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        # Cases in which the file is overwritten.
        (f"printf 'ECS_LOGLEVEL=info\\n' > {CONFIG}\n", "error"),
        (f"tee {CONFIG} <<EOF\nECS_LOGLEVEL=info\nEOF\n", "error"),
        (f"cat <<-EOF |\\\n  sudo tee {CONFIG} >/dev/null\n\tECS_LOGLEVEL=info\n\tEOF\n", "error"),
        (f"F={CONFIG}\necho ECS_LOGLEVEL=info > $F\n", "error"),
        ("cd /etc/ecs\n: >ecs.config\n", "error"),
        (f"rm -f {CONFIG}\n", "error"),
        (f"aws s3 cp s3://ours/gpu.config {CONFIG}\n", "unknown"),
        # Cases in which the file is written completely, with the right cluster, or only appended to
        # or read.
        (f"cat > {CONFIG} <<EOF\nECS_CLUSTER=llm\nEOF\n", None),
        (f"{{\n  echo ECS_CLUSTER=llm\n  echo ECS_LOGLEVEL=info\n}} > {CONFIG}\n", None),
        (f"echo ECS_LOGLEVEL=info >>{CONFIG}\n", None),
        (f"echo ECS_LOGLEVEL=info | tee -a {CONFIG}\n", None),
        (f"echo ECS_LOGLEVEL=info | tee --append {CONFIG} > /dev/null\n", None),
        (f"cp {CONFIG} /root/before\ncat {CONFIG} > /tmp/ecs.config\n", None),
        (f"# never do this: echo x > {CONFIG}\n", None),
        # Cases with another cluster.
        (f"echo ECS_CLUSTER=inference-west >> {CONFIG}\n", "error"),
        (f"cat >> {CONFIG} <<'E'\nECS_CLUSTER=\"inference-west\"\nE\n", "error"),
        (f"C=inference-west\necho ECS_CLUSTER=$C >> {CONFIG}\n", "error"),
        (f"echo ECS_CLUSTER=$(hostname) >> {CONFIG}\n", "unknown"),
        (f"# ECS_CLUSTER=inference-west\necho ECS_CLUSTER=llm >> {CONFIG}\n", None),
        # Texts that are not a shell script.
        ("#cloud-config\npackages: [htop]\n", "error"),
        ("\n# ours\n#cloud-config-archive\n- x\n", "error"),
        ('MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n', "error"),
        ("#include\nhttps://example.com/start\n", "error"),
        ("<powershell>\nInitialize-ECSAgent\n</powershell>\n", "error"),
        ("#!/usr/bin/env python3\nprint(1)\n", "error"),
        ("IyEvYmluL2Jhc2gKZWNobyBoaQo=\n", "error"),
        ("[settings.ecs]\nreserved-memory = 512\n", "error"),
        ("#!/usr/bin/env bash\nset -e\ndnf install -y htop\n", None),
        ("#!/bin/sh\necho hi\n", None),
        # Line ends.
        ("dnf install -y htop\r\nnvidia-smi\r\n", "error"),
        # A wait for the agent, which itself waits for the script.
        ("systemctl restart ecs\n", "error"),
        ("systemctl enable --now ecs.service\n", "error"),
        ("service ecs restart\n", "error"),
        ("systemctl restart --no-block ecs\n", None),
        ("systemctl restart ecs &\n", None),
        ("systemctl restart docker\nsystemctl status ecs\n", None),
        # Cases in which the agent or the instance doesn't start.
        ("systemctl stop ecs\n", "error"),
        ("if true; then sudo -n systemctl --now disable ecs.service; fi\n", "error"),
        ("systemctl mask --runtime docker ecs\n", "error"),
        ("service ecs stop || true\n", "error"),
        ("systemctl disable ecs\n", "warning"),
        ("systemctl mask ecs\nmkdir -p /data\nsystemctl unmask ecs\n", None),
        ("systemctl stop ecs\nsystemctl --no-block start ecs\n", None),
        ("dnf -y update && /sbin/shutdown -h now\n", "unknown"),
        ("shutdown -P +30\n", "unknown"),
        ("systemctl halt\n", "error"),
        ("init 0\n", "error"),
        ("needs-restarting -r || sudo reboot\n", "unknown"),
        ("shutdown -r now\n", "warning"),
        ("shutdown -c\necho 'reboot; poweroff' # reboot\n", None),
        # Cases in which no GPU is registered.
        (f"echo ECS_ENABLE_GPU_SUPPORT=no >> {CONFIG}\n", "error"),
        (f"cat >> {CONFIG} <<E\nECS_ENABLE_GPU_SUPPORT=0\nE\n", "error"),
        (f"echo ECS_ENABLE_GPU_SUPPORT=$(cat /gpus) >> {CONFIG}\n", "unknown"),
        (f"echo ECS_ENABLE_GPU_SUPPORT=True >> {CONFIG}\n", None),
        # Cases in which the file is edited in place.
        (f"sed -i '/^ECS_CLUSTER=/d' {CONFIG}\n", "error"),
        (f'sed -i -e "s/ECS_CLUSTER=.*/ECS_CLUSTER=west/" {CONFIG}\n', "error"),
        (f"sed -i 's#^ECS_CLUSTER#OLD_CLUSTER#' {CONFIG}\n", "error"),
        (f"sed -i '/ECS_LOGLEVEL/d' {CONFIG}\n", None),
        (f"sed -i '/CLUSTER/d' {CONFIG}\necho ECS_CLUSTER=llm >> {CONFIG}\n", None),
        (f"sed -i -E 's/(ECS)_(CLUSTER)/X_\\2/' {CONFIG}\n", "unknown"),
        # Commands that name the agent or its file and are not recognized.
        (f"perl -pi -e 's/x/y/' {CONFIG}\n", "unknown"),
        (f"python3 <<E\nopen('{CONFIG}', 'w')\nE\n", "unknown"),
        (f"chattr +i {CONFIG}\n", "unknown"),
        (f"chmod 000 {CONFIG}\n", "unknown"),
        ("bash -c 'systemctl stop ecs'\n", "error"),
        ("docker rm -f ecs-agent\n", "unknown"),
        ("dnf remove -y ecs-init\n", "unknown"),
        ("cat > /etc/systemd/system/ecs.service.d/a.conf <<E\n[Service]\nE\n", "unknown"),
        # The parts of a line are evaluated in order.
        (f"sed -i '/CLUSTER=/d' {CONFIG} && echo ECS_CLUSTER=llm >> {CONFIG}\n", None),
        (f"sed -i '/CLUSTER=/d' {CONFIG}; echo ECS_CLUSTER=llm >> {CONFIG}\n", None),
        (f"sed '/ECS_CLUSTER/d' {CONFIG} > /tmp/y\nsed -n '/ECS_CLUSTER/d' {CONFIG}\n", None),
        (f"sed '/ECS_CLUSTER/d' {CONFIG} | grep LOG\n", None),
        (f"sed -i 's/l/x/g' {CONFIG}\necho ECS_CLUSTER=llm >> {CONFIG}\n", None),
        # Cases in which the file is moved, or written where it isn't read.
        (f"mv {CONFIG} /root/\n", "error"),
        (f"mv {CONFIG} {CONFIG}.old\n", "error"),
        ("cp -t /etc/ecs /opt/ecs.config\n", "unknown"),
        (f"echo ECS_LOGLEVEL=info | tee -a /tmp/b {CONFIG}\n", None),
        (f"curl -s https://example.com/c > {CONFIG}\n", "unknown"),
        ("echo ECS_ENABLE_GPU_SUPPORT=0 > /opt/n\nexport ECS_CLUSTER=west\n", None),
        # Cases in which it is unknown whether or when a command runs.
        ("mountpoint -q /mnt || shutdown -h now\n", "unknown"),
        ("test -e /x &&\n  poweroff\n", "unknown"),
        (f"grep -q ECS_TAG {CONFIG} && poweroff\n", "unknown"),
        ("/sbin/shutdown -h +600\n", "unknown"),
        ("case $X in\n  a) systemctl stop ecs;;\nesac\n", "unknown"),
        ("f() {\n  systemctl stop ecs\n}\n", None),
        (f"if test -e /x; then\n  rm {CONFIG}\nfi\n", "unknown"),
        ("if test -e /x; then systemctl restart ecs; fi\n", "unknown"),
        ("test -e /x && exit 0\nsystemctl stop ecs\n", "unknown"),
        # Cases in which files are only read.
        (f"until grep -q ECS_CLUSTER {CONFIG}; do sleep 1; done\n", None),
        (f'if [ -f {CONFIG} ]; then echo "$(wc -l {CONFIG})"; fi\nchmod 644 {CONFIG}\n', None),
        ("aws ecs list-clusters > /var/log/ecs/clusters.json\njournalctl -u ecs.service\n", None),
    ],
)
def test_user_data(script: str, severity: str | None) -> None:
    found = told("user-data", fleet__extra_user_data=script)
    assert [(it.severity.value, it.field) for it in found] == (
        [(severity, EXTRA)] if severity else []
    )
    for it in found:
        assert it.remedy
        if it.fix:
            changed = apply_fix(it, {**ANSWERS, EXTRA: script})
            assert not [it for it in findings(account(), changed) if it.rule == "user-data"]


def test_settings_that_an_overwrite_loses() -> None:
    script = f"cat > {CONFIG} <<EOF\nECS_CLUSTER=llm\nEOF\n"
    (found,) = told("user-data", fleet__extra_user_data=script, task__network_mode="awsvpc")
    assert (found.severity, "ECS_AWSVPC_BLOCK_IMDS=true" in found.message) == ("warning", True)


def test_user_data_of_bottlerocket_is_toml() -> None:
    text = '[settings.kernel]\r\nlockdown = "none"\r\n'
    assert told("user-data", fleet__ami="bottlerocket", fleet__extra_user_data=text) == []


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (OWN, ""),
        (OWN.replace("\n", "\r\n"), "Windows line endings"),
        (OWN.replace("${cluster}", "somewhere-else"), "somewhere-else"),
        (OWN.replace("ECS_CLUSTER=${cluster}", "ECS_LOGLEVEL=info"), "doesn't set ECS_CLUSTER"),
        (OWN.replace("#!/bin/bash\n", "# ours\n"), "doesn't start with #!"),
        (OWN.replace(">>", ">"), ""),
        (OWN + "systemctl restart ecs\n", "each waits for the other"),
    ],
)
def test_a_user_data_file_that_was_edited(own: str, words: str) -> None:
    from gpuecs_tui.checks import check

    found = [it for it in check(stack(), account(), bootstrap=own) if it.rule == "user-data"]
    assert [words in it.message for it in found] == ([True] if words else [])


@pytest.mark.parametrize(
    ("ami", "text", "mib"),
    [
        ("al2023", f"echo ECS_RESERVED_MEMORY=1000 >> {CONFIG}\n", 1000),
        ("al2023", f"printf 'ECS_LOGLEVEL=info\\nECS_RESERVED_MEMORY=300\\n' >> {CONFIG}", 300),
        ("al2023", f"M=700\ncat >> {CONFIG} <<E\nECS_RESERVED_MEMORY=$M\nE\n", 700),
        ("al2023", f"echo ECS_RESERVED_MEMORY=1 >> {CONFIG}\n" * 2, 1),
        ("al2023", f"# ECS_RESERVED_MEMORY=1000 >> {CONFIG}\n", 0),
        ("bottlerocket", "reserved-memory = 900\n", 900),
        ("bottlerocket", 'reserved-memory = "900"\n[settings.kernel]\nlockdown = "none"\n', 900),
        ("bottlerocket", '[settings.motd]\nx = "reserved-memory = 5"\n', 0),
    ],
)
def test_reserved_memory(ami: str, text: str, mib: int) -> None:
    given: dict[str, Value] = {"fleet__ami": ami, "fleet__extra_user_data": text}
    wanted = stack(**given)
    # The default of a task, its maximum, and the displayed value.
    assert wanted.task.memory == stack().task.memory - mib == 15155 - mib
    context = context_of(wanted, account())
    assert context.instance_type is not None
    assert context.instance_type.registers.mib == 15684 - mib
    assert of_rule("memory-fit", **given) == []
    for memory in (15155, 15684):
        found = told("memory-fit", task__memory=memory, **given)
        assert bool(found) == (memory > 15155 - mib), memory
        if memory == 15684 and mib:
            assert found[0].severity == "error" and f"{mib} MiB" in found[0].message


def test_a_reserve_that_is_no_number_is_unknown() -> None:
    script = f"echo ECS_RESERVED_MEMORY=$(free -m) >> {CONFIG}\n"
    assert of_rule("memory-fit", fleet__extra_user_data=script) == [("unknown", EXTRA)]


def test_a_reserve_in_the_edited_file_counts() -> None:
    own = OWN.replace("CONFIG\n", "ECS_RESERVED_MEMORY=600\nCONFIG\n")
    from gpuecs_tui.checks import check

    found = check(stack(task__memory=15155), account(), bootstrap=own)
    assert [it.rule for it in found] == ["memory-fit"]
