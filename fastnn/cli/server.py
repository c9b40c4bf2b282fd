"""The HTTP server of `fastnn serve`, of the standard library's parts."""

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fastnn._version import __version__

_MOST_BYTES = 1 << 26


def make_server(predictor, options):
    """A server that is bound to its port and answers once it is told to."""

    class Handler(_Handler):
        model, most_rows, verbose = predictor, options.max_rows, options.verbose

    return _Server((options.host, options.port), Handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # when it closes, it waits for those that still answer
    block_on_close = True
    allow_reuse_address = True


class _RefusedError(Exception):
    """A request that is not answered as it wishes: status and message."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"fastnn/{__version__}"
    timeout = 5  # seconds that a connection may be idle, and that stopping may take

    def do_GET(self):
        if self.path.rstrip("/") != "/health":
            return self._answer(HTTPStatus.NOT_FOUND, {"error": "GET /health or POST /predict"})
        names = getattr(self.model, "feature_names_in_", None)
        return self._answer(
            HTTPStatus.OK,
            {
                "status": "ok",
                "fastnn": __version__,
                "model": repr(self.model),
                "columns": None if names is None else names.tolist(),
            },
        )

    def do_POST(self):
        try:
            if self.path.rstrip("/") != "/predict":
                raise _RefusedError(HTTPStatus.NOT_FOUND, "GET /health or POST /predict")
            status, answer = HTTPStatus.OK, self._predictions(self._rows())
        except _RefusedError as refused:
            status, answer = refused.args[0], {"error": refused.args[1]}
        except (ValueError, TypeError, OverflowError) as error:
            status, answer = HTTPStatus.BAD_REQUEST, {"error": str(error)}
        self._answer(status, answer)

    def _rows(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
        if int(length) > _MOST_BYTES:
            self.close_connection = True
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {_MOST_BYTES} bytes")
        try:
            found = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, f"the body is no JSON: {error}") from None
        if isinstance(found, dict) and found.keys() == {"rows"}:
            found = found["rows"]
        one = isinstance(found, dict) or (
            isinstance(found, list) and not any(isinstance(row, dict | list) for row in found)
        )
        rows = [found] if one and found else found
        if not isinstance(rows, list) or not rows:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body must be a row or a list of rows")
        if len(rows) > self.most_rows:
            raise _RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {self.most_rows} rows a request"
            )
        return rows

    def _predictions(self, rows):
        model = self.model
        answer = {"predictions": model.predict(rows).tolist()}
        if model._model.has_probabilities:
            answer["probabilities"] = model.predict_proba(rows).tolist()
            answer["classes"] = model.classes_.tolist()
        return answer

    def _answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        if self.verbose:
            print(f"{self.address_string()} {format % arguments}", file=sys.stderr)
