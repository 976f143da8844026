"""A log over HTTP is measured before it is believed: whoever answers there may be anybody."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gateway.cli.failure import CommandError
from gateway.cli.public_log import LogUnreachableError, PublicLog


@pytest.fixture
def answering():
    """Give a log at an address where every request gets one answer."""
    answer = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(answer["status"])
            self.send_header("Content-Length", str(len(answer["body"])))
            self.end_headers()
            self.wfile.write(answer["body"])

        do_POST = do_GET  # noqa: N815 - the server's names

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    log = PublicLog(f"http://127.0.0.1:{server.server_address[1]}/")

    def set_answer(body, status=200):
        answer.update(status=status, body=body)
        return log

    yield set_answer
    log.close()
    server.shutdown()
    thread.join()
    server.server_close()


PROOFS = {
    "no JSON": b"<html>",
    "no path": b"{}",
    "a path of numbers": b'{"path": [1]}',
    "no base64": b'{"path": ["***"]}',
    "nested too deeply": b"[" * 100_000,
    "longer than any proof": json.dumps({"path": ["AAAA"] * 65}).encode(),
}


@pytest.mark.parametrize("case", PROOFS)
def test_what_is_no_proof_is_refused(answering, case):
    with pytest.raises(CommandError) as raised:
        answering(PROOFS[case]).consistency(1, 2)
    assert raised.value.code == "PROOF_INVALID"


@pytest.mark.parametrize(("body", "status"), [(b"gone", 503), (b"nothing", 404), (b"\xff", 200), (b"x" * 600_000, 200)])
def test_what_is_no_log_is_unreachable(answering, body, status):
    with pytest.raises(LogUnreachableError):
        answering(body, status).checkpoint()


def test_a_witness_that_has_signed_nothing_has_no_checkpoint(answering):
    assert answering(b"", 404).cosigned_by("witness.example/1") is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"errors": [{"message": "no", "extensions": {"code": "WITNESS_UNKNOWN"}}]}', 403, "WITNESS_UNKNOWN"),
        (b"<html>", 405, "SUBMISSION_REFUSED"),
        (b"[]", 404, "SUBMISSION_REFUSED"),
        (b"", 503, "LOG_UNREACHABLE"),
        (b"", 429, "LOG_UNREACHABLE"),
    ],
)
def test_a_refused_submission_says_why(answering, body, status, code):
    with pytest.raises(CommandError) as raised:
        answering(body, status).submit(1, "")
    assert raised.value.code == code
