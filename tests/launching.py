"""Starts a program as a person's shell would, whatever started the tests.

--unprivileged       without root's power over files that it may not read or write; nothing changes for others
--file-size BYTES    no file may grow beyond it, as on a full disk
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER = 1, 2, 3


def main() -> None:
    words = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    while words[0].startswith("--"):
        option = words.pop(0)
        if option == "--unprivileged":
            give_up_privileges()
        elif option == "--file-size":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(words.pop(0)), resource.RLIM_INFINITY))
    os.execv(words[0], words)


def give_up_privileges() -> None:
    """Root stays root, but as the owner of its files and no more; it takes effect with the program that follows."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "the tests of permissions need a capability of root")


if __name__ == "__main__":
    main()
