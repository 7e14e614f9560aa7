"""Runs a program and reports what it took: `launcher.py DESCRIPTOR PROGRAM WORD …`.

Started with `python -I -S`, and small on purpose: the kernel counts the memory of the process that starts a program
as the program's own until it is loaded, so no peak below that of this process can be seen (about 8 MiB).

The report is one line on the descriptor: exit code, CPU seconds (user and system, of the program and of the children
that it waited for), wall seconds, and peak memory as the system counts it.
"""

import os
import sys
import time

descriptor = int(sys.argv[1])
os.set_inheritable(descriptor, False)
begun = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - begun
code = os.waitstatus_to_exitcode(status)
os.write(descriptor, f"{code} {usage.ru_utime + usage.ru_stime} {wall} {usage.ru_maxrss}".encode())
