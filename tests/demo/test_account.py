"""The process of the demo account: started once, found by all, and ended on request."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gpuecs_tui.demo import account, protocol

SIGNED_FOR_S3 = "AWS4-HMAC-SHA256 Credential=x/20261101/us-east-1/s3/aws4_request, Signature=x"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "demo"
    yield home
    account.stop(home)


def test_two_starts_at_once_give_one_server(folder: Path) -> None:
    with ThreadPoolExecutor() as pool:
        started = list(pool.map(lambda _: account.start_or_find(folder), range(3)))
    assert len({each.pid for each in started}) == 1
    assert account.find(folder) == started[0]


def test_two_processes_starting_at_once_give_one_server(folder: Path) -> None:
    code = (
        "import sys, pathlib; from gpuecs_tui.demo import account;"
        "print(account.start_or_find(pathlib.Path(sys.argv[1])).pid)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    said = {child.communicate()[0] for child in children}
    assert len(said) == 1
    # Both processes have ended: the account continues in a session of its own.
    found = account.find(folder)
    assert found is not None and said == {b"%d\n" % found.pid}
    assert os.getsid(found.pid) == found.pid


def test_it_starts_fast_enough_and_its_files_are_the_users_alone(folder: Path) -> None:
    began = time.monotonic()
    account.start_or_find(folder)
    # It takes 1.4 s on two cores; the limit of five times that allows for a loaded machine, but not
    # for another import.
    assert time.monotonic() - began < 15
    for name in (protocol.INFO_FILE, protocol.LOG_FILE):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_after_a_stop_and_after_a_kill_none_is_found_and_the_next_start_works(folder: Path) -> None:
    stopped = account.start_or_find(folder)
    assert account.stop(folder) is True
    assert account.find(folder) is None
    assert account.stop(folder) is False
    first = account.start_or_find(folder)
    assert first.pid != stopped.pid
    # The files of a killed server remain, and are ignored.
    os.kill(first.pid, 9)
    deadline = time.monotonic() + 10
    while account.find(folder):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (folder / protocol.INFO_FILE).exists()
    assert account.start_or_find(folder).pid != first.pid


def test_a_strangers_server_on_its_port_is_not_taken_for_it(
    folder: Path, demo_account: account.DemoAccount
) -> None:
    folder.mkdir()
    port = int(demo_account.endpoint.rpartition(":")[2])
    info = {"pid": demo_account.pid, "port": port, "id": "another", "token": "x"}
    (folder / protocol.INFO_FILE).write_text(json.dumps(info))
    assert account.find(folder) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "port": 1}'])
def test_a_broken_info_file_is_no_account(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / protocol.INFO_FILE).write_text(text)
    assert account.find(folder) is None


def test_stopping_needs_the_token(demo_account: account.DemoAccount) -> None:
    url = demo_account.endpoint + protocol.STOP_PATH
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url)
    assert refused.value.code == 403
    refused.value.close()
    assert account.find(demo_account.folder) is not None


def test_a_client_that_stalls_stalls_nobody_else(demo_account: account.DemoAccount) -> None:
    port = int(demo_account.endpoint.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as stalled:
        stalled.sendall(
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 9\r\n\r\nhalf" % port
        )
        time.sleep(0.2)
        request = urllib.request.Request(demo_account.endpoint + "/demo-terraform-state")
        request.add_header("Authorization", SIGNED_FOR_S3)
        with urllib.request.urlopen(request, timeout=10) as response:
            assert b"ListBucketResult" in response.read()


def test_an_idle_server_ends_itself(tmp_path: Path) -> None:
    server = subprocess.run(
        [sys.executable, "-m", "gpuecs_tui.demo.server", str(tmp_path), "id", "0.3"],
        timeout=60,
        check=False,
    )
    assert server.returncode == 0
    assert not (tmp_path / protocol.INFO_FILE).exists()


def test_a_hung_server_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "ANSWER_SECONDS", 0.2)
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        info = {"pid": 4711, "port": mute.getsockname()[1], "id": "x", "token": "x"}
        (folder / protocol.INFO_FILE).write_text(json.dumps(info))
        with pytest.raises(account.DemoProblem, match="4711"):
            account.find(folder)
    (folder / protocol.INFO_FILE).unlink()


def test_a_server_that_cannot_start_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder))
    (folder / "moto").mkdir(parents=True)
    (folder / "moto" / "__init__.py").write_text("raise ImportError('moto is broken here')")
    with pytest.raises(account.DemoProblem, match="moto is broken here"):
        account.start_or_find(folder)


def test_modules_in_the_users_folder_are_not_taken_for_its_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "flask.py").write_text("raise ImportError('not yours')")
    monkeypatch.chdir(work)
    assert account.start_or_find(Path("../demo")) == account.find(folder)


def test_without_moto_one_sentence_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(account.DemoProblem, match=r"pip install 'gpuecs-tui\[demo\]'"):
        account.start_or_find(folder)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(account.DemoProblem, match="file"):
        account.start_or_find(tmp_path / "file" / "demo")


def test_nothing_of_the_users_aws_leads_past_it(demo_account: account.DemoAccount) -> None:
    environment = demo_account.environment(
        {
            "PATH": "/bin",
            "AWS_PROFILE": "prod",
            "AWS_SESSION_TOKEN": "secret",
            "AWS_ENDPOINT_URL_S3": "https://elsewhere",
            "AWS_ROLE_ARN": "arn",
            "AWS_CA_BUNDLE": "/ca.pem",
            "HTTP_PROXY": "http://proxy",
            "NO_PROXY": "example.com",
        }
    )
    given = {name for name in environment if name.startswith("AWS_")}
    assert given == {*demo_account.environ, "AWS_CA_BUNDLE"}
    assert environment["PATH"] == "/bin"
    assert environment["NO_PROXY"] == "example.com,127.0.0.1"
    assert environment["AWS_CONFIG_FILE"] == os.devnull


def test_finding_an_account_imports_neither_moto_nor_boto3() -> None:
    code = (
        "import sys; from gpuecs_tui.demo import account; account.find();"
        "print(sorted({'moto', 'boto3', 'botocore', 'flask'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
