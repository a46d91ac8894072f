"""Tests of the drawn trials, the weather, the table of results, and the full disk."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.chaos import places
from tests.chaos.faults import FAULTS
from tests.chaos.order import draw_order
from tests.chaos.proxy import Proxy, Weather
from tests.chaos.report import table
from tests.chaos.trial import Result


def test_every_fault_has_its_turn() -> None:
    for beginning in (0, len(FAULTS)):
        numbers = range(beginning, beginning + len(FAULTS))
        drawn = [draw_order("s", number, FAULTS, 0.1) for number in numbers]
        assert {it.fault.name for it in drawn} == {it.name for it in FAULTS}
    assert draw_order("s", 5, FAULTS, 0.1) == draw_order("s", 5, FAULTS, 0.1)
    orders = [draw_order("s", number, FAULTS, 0.1) for number in range(200)]
    assert len({it.name for it in orders}) == 200
    for share in (
        [it.in_s3 for it in orders],
        [it.operation == "destroy" for it in orders],
        [it.while_planning for it in orders],
        [it.full for it in orders],
    ):
        assert 0 < sum(share) < 100


class _Echo(BaseHTTPRequestHandler):
    served = 0

    def do_POST(self) -> None:
        type(self).served += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Print nothing."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    _Echo.served = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    proxy = Proxy(f"http://127.0.0.1:{server.server_port}", (0.0, 0.01), "s")
    yield proxy
    proxy.close()
    server.shutdown()
    server.server_close()
    serving.join()


def ask(proxy: Proxy, body: bytes = b"Action=ListRoles", target: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    try:
        connection.request("POST", "/", body, {"X-Amz-Target": target} if target else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def have(proxy: Proxy, weather: Weather, seconds: float) -> None:
    with proxy.storm(weather):
        time.sleep(seconds)


def test_fair_weather_hands_on(proxy: Proxy) -> None:
    assert ask(proxy) == (200, b"Action=ListRoles")


def test_a_call_that_is_given_up_half_way_is_no_trouble(proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\nAction=")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert _Echo.served == 0 and proxy.troubles == []


def test_errors_come_before_and_after_the_call(proxy: Proxy) -> None:
    proxy.weather = Weather.ERRORS
    assert {ask(proxy)[0] for _call in range(20)} == {500}
    assert 0 < _Echo.served < 20


def test_every_service_throttles_in_its_words(proxy: Proxy) -> None:
    proxy.weather = Weather.THROTTLES
    assert b"<Code>Throttling</Code>" in ask(proxy)[1]
    assert b"RequestLimitExceeded" in ask(proxy, b"Action=X&Version=2016-11-15")[1]
    assert b"ThrottlingException" in ask(proxy, target="Logs.X")[1]
    assert b"SlowDown" in ask(proxy, b"")[1]
    assert _Echo.served == 0


def test_every_service_refuses_an_expired_token_in_its_words(proxy: Proxy) -> None:
    proxy.weather = Weather.EXPIRED
    assert b"<Code>ExpiredToken</Code>" in ask(proxy)[1]
    assert b"<Code>RequestExpired</Code>" in ask(proxy, b"Action=X&Version=2016-11-15")[1]
    assert b"ExpiredTokenException" in ask(proxy, target="Logs.X")[1]
    assert b"The provided token has expired." in ask(proxy, b"")[1]
    assert _Echo.served == 0


def test_who_hangs_answers_in_the_end(proxy: Proxy) -> None:
    storm = threading.Thread(target=have, args=(proxy, Weather.HANGS, 0.3))
    storm.start()
    assert ask(proxy)[0] == 200 and proxy.present() is Weather.FAIR
    storm.join()


def test_who_is_gone_comes_back_at_the_same_place(proxy: Proxy) -> None:
    port = proxy.port
    storm = threading.Thread(target=have, args=(proxy, Weather.GONE, 0.5))
    storm.start()
    with pytest.raises((OSError, http.client.HTTPException)):
        while storm.is_alive():
            ask(proxy)
    storm.join()
    assert proxy.port == port and ask(proxy)[0] == 200


def test_the_table_counts_what_held() -> None:
    results = [
        Result(0, "cancel", "apply", "small", "local", "5%", struck=True, ended="cancelled"),
        Result(1, "cancel", "apply", "small", "s3", "9%", struck=True, problems=["an orphan"]),
        Result(2, "cancel", "apply", "small", "s3", "99%"),
    ]
    text = table(results, {"disk full": "takes root"})
    (row,) = (line for line in text.splitlines() if line.startswith("cancel "))
    assert "1/2" in row and row.split()[-3:] == ["1", "1", "cancelled"]
    assert "takes root" in text and text.endswith("0001 cancel (small, s3, 9%):\n     an orphan")


@pytest.mark.skipif(not places.can_mount(), reason="only root mounts")
def test_a_full_disk_takes_nothing_more(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with places.small_disk(disk):
        with places.full(disk), pytest.raises(OSError, match="No space left"):
            (disk / "x").write_bytes(b"x" * 8192)
        (disk / "x").write_bytes(b"x" * 8192)
    assert not (disk / "x").exists()


def test_a_read_only_folder_can_be_written_to_again(tmp_path: Path) -> None:
    if not places.can_be_read_only(tmp_path):
        pytest.skip("this file system has no immutable files")
    (tmp_path / "link").symlink_to("/")
    with places.read_only(tmp_path), pytest.raises(OSError, match=r"not permitted|denied"):
        (tmp_path / "x").write_text("x")
    (tmp_path / "x").write_text("x")
