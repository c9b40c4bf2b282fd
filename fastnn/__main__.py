"""``python -m fastnn`` is the command ``fastnn``."""

from fastnn.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
