"""Serve a model over HTTP: GET /health, and POST /predict with rows as JSON.

A request holds a row, {"age": 39, "job": "clerk"}, or rows, [{...}, {...}]; lists in the order of
the columns do as well. The answer has "predictions" and, of a classifier, "probabilities" and
"classes". This is for trials and for use behind a server of one's own: it knows no passwords and no
encryption, and listens to this machine alone unless --host says otherwise.
"""

import signal
import sys

from fastnn.cli.errors import CommandError

HELP = "answer requests over HTTP"


def add_arguments(parser):
    parser.add_argument("model", help="a file that fastnn.save or `fastnn train` wrote")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1", help="default: this machine alone")
    parser.add_argument("--max-rows", type=int, default=100_000, help="of one request")
    parser.add_argument("--verbose", action="store_true", help="log requests")


def run(options):
    from fastnn.cli.server import make_server
    from fastnn.scoring.predictor import Predictor

    predictor = Predictor(options.model)
    try:
        server = make_server(predictor, options)
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"cannot listen to {options.host}, port {options.port}:"
            f" {getattr(error, 'strerror', None) or error}; try another --port (0: any free one)"
        ) from None
    host, port = server.server_address[:2]
    print(f"serving {options.model} on http://{host}:{port} (Ctrl-C stops)", flush=True)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)  # a shell's background job ignores it otherwise
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        print("stopping: requests under way are answered", file=sys.stderr)
    finally:
        server.server_close()  # waits for them


def _stop(number, frame):
    raise KeyboardInterrupt
