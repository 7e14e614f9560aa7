"""The `zprof` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process."""
    if sys.platform == "win32":
        sys.exit("zprof runs on Linux and macOS, not on Windows.")
    from zprof.cli.main import main as run_and_exit

    run_and_exit()


if __name__ == "__main__":
    main()
