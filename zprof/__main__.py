"""The `zprof` command."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and end the process."""
    if sys.platform == "win32":
        sys.exit("zprof runs on Linux and macOS, not on Windows.")
    # A command ends before cycles would matter, and looking for them takes half the time of a change of thousands.
    gc.disable()
    try:
        from zprof.cli.main import main as run_and_exit

        run_and_exit()
    except KeyboardInterrupt:  # while still importing
        sys.exit(130)


if __name__ == "__main__":
    main()
