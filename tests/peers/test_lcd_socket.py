"""`/ws/lcd`: the pushed display and the remote buttons, with a WebSocket client that is not ours."""

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request

import pytest
from host_program import PROGRAM, HostProgram, wait_until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

BMP_SIZE = 1086
PIN = "0478"
CLIENTS = 16


@pytest.fixture
def host(tmp_path):
    data = tmp_path / "data"
    set_pin = [PROGRAM, "settings", "--data", data, "set", "lcd_pin", PIN]
    subprocess.run(set_pin, check=True, capture_output=True)
    program = HostProgram(tmp_path)
    yield program
    program.kill()


def open_socket(host, pin=None, **options):
    headers = {"X-Auth-PIN": pin} if pin else {}
    url = host.url.replace("http", "ws") + "/ws/lcd"
    return connect(url, additional_headers=headers, open_timeout=5, **options)


def fetched(host, target="/lcd"):
    with urllib.request.urlopen(host.url + target, timeout=5) as answer:
        return answer.read()


def picture(client, timeout=3):
    """The next picture; acknowledgements between are passed over."""
    end = time.monotonic() + timeout
    while True:
        message = client.recv(timeout=end - time.monotonic())
        if isinstance(message, bytes):
            return message


def asked(client, message):
    """The next text after a message."""
    client.send(message if isinstance(message, (str, bytes)) else json.dumps(message))
    while True:
        answer = client.recv(timeout=3)
        if isinstance(answer, str):
            return json.loads(answer)


def press(client, button, state):
    return asked(client, {"button": button, "state": state})


def test_several_clients_see_the_same_picture_and_each_change(host):
    with open_socket(host) as first, open_socket(host, PIN) as second:
        before = [picture(first), picture(second)]
        assert before[0] == before[1] == fetched(host)
        assert len(before[0]) == BMP_SIZE and before[0][:2] == b"BM"
        assert int.from_bytes(before[0][2:6], "little") == BMP_SIZE
        assert press(second, "middle", 1) == {"button": {"middle": "down"}}
        since = time.monotonic()
        after = [picture(first, 1), picture(second, 1)]
        assert time.monotonic() - since < 1
        assert before[0] not in after
        assert wait_until(lambda: b"< MODE >" in fetched(host, "/lcd.txt"), 5) is not None
        assert press(second, "middle", False) == {"button": {"middle": "up"}}


def test_a_picture_that_does_not_change_is_sent_once(host):
    with open_socket(host) as client:
        shown = picture(client)
        with pytest.raises(TimeoutError):
            while True:
                newer = picture(client, 2)
                assert newer != shown, "the same picture twice"
                shown = newer


def test_a_button_is_let_go_when_its_client_closes(host):
    with open_socket(host, PIN) as client:
        press(client, "middle", 1)
        assert wait_until(lambda: b"Hold" in fetched(host, "/lcd.txt"), 2) is not None
    assert wait_until(lambda: b"Hold" not in fetched(host, "/lcd.txt"), 1) is not None
    time.sleep(2.5)
    assert b"< MODE >" not in fetched(host, "/lcd.txt")


def test_nobody_presses_without_the_pin(host):
    for pin in (None, "0479"):
        with open_socket(host, pin) as client:
            assert press(client, "middle", 1) == {"error": "unauthorized"}
    assert b"Hold" not in fetched(host, "/lcd.txt")


def test_a_session_of_the_page_is_let_in(host):
    body = f"password={PIN}".encode()
    with urllib.request.urlopen(host.url + "/lcd-verify-password", data=body, timeout=5) as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
    url = host.url.replace("http", "ws") + "/ws/lcd"
    with connect(url, additional_headers={"Cookie": cookie}, origin=host.url) as client:
        assert press(client, "left", 1) == {"button": {"left": "down"}}


def test_a_foreign_page_is_refused(host):
    with pytest.raises(InvalidStatus) as refused:
        open_socket(host, PIN, origin="http://evil.example")
    assert refused.value.response.status_code == 403
    with pytest.raises(urllib.error.HTTPError) as plain:
        fetched(host, "/ws/lcd")
    assert plain.value.code == 426


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("", "invalid_json"),
        ("{", "invalid_json"),
        (b"\x00\xff", "invalid_json"),
        ("7", "missing_fields"),
        ('{"button":"left"}', "missing_fields"),
        ('{"button":1,"state":1}', "invalid_button"),
        ('{"button":"left","state":"1"}', "invalid_state"),
        ('{"button":"up","state":1}', "unknown_button"),
    ],
)
def test_a_message_that_is_wrong_gets_its_word(host, message, error):
    with open_socket(host, PIN) as client:
        assert asked(client, message) == {"error": error}
        assert press(client, "right", 0) == {"button": {"right": "up"}}


def test_what_is_too_long_or_garbage_ends_its_own_connection_only(host):
    with open_socket(host) as witness, open_socket(host, PIN) as client:
        client.send("x" * 1000)
        with pytest.raises(ConnectionClosed):
            while True:
                client.recv(timeout=5)
        assert client.close_code == 1002
        for _ in range(20):
            raw = handshake(host)
            raw.sendall(os.urandom(2000))
            with contextlib.suppress(OSError):
                raw.shutdown(socket.SHUT_WR)
            raw.close()
        picture(witness)
        assert len(fetched(host)) == BMP_SIZE


def test_a_message_that_never_ends_is_cut_off(host):
    raw = handshake(host)
    raw.sendall(b"\x81")
    raw.settimeout(10)
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := raw.recv(4096):
            data += part
    raw.close()
    assert b"the message did not end" in data


def handshake(host, receive_buffer=None):
    """A socket after the handshake, without a client that keeps the rules."""
    name, port = host.url.removeprefix("http://").split(":")
    raw = socket.socket()
    if receive_buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.connect((name, int(port)))
    raw.sendall(
        f"GET /ws/lcd HTTP/1.1\r\nHost: {name}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert raw.recv(12) == b"HTTP/1.1 101"
    return raw


def test_a_client_that_does_not_read_slows_nobody(host):
    slow = [handshake(host, 1024) for _ in range(4)]
    with open_socket(host) as client:
        picture(client)
        # The hold screen comes and goes: many pictures that the slow ones do not take.
        for _ in range(20):
            for state in (1, 0):
                host.request("POST", f"/sim?button=middle&state={state}")
                asked_at = time.monotonic()
                picture(client, 2)
                assert time.monotonic() - asked_at < 1
    for raw in slow:
        raw.close()


def test_the_places_are_counted_and_given_back(host):
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS):
            picture(stack.enter_context(open_socket(host)))
        with pytest.raises(InvalidStatus) as refused:
            open_socket(host)
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "1"
        assert len(fetched(host)) == BMP_SIZE

    def fits():
        with contextlib.suppress(InvalidStatus), open_socket(host) as client:
            return len(picture(client)) == BMP_SIZE
        return False

    assert wait_until(fits, 3) is not None
