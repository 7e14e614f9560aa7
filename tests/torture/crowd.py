"""Processes that begin at the same time."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Attempt(NamedTuple):
    """One change: how long it took, and what went wrong."""

    seconds: float
    error: str


def timed(work: Callable[[int, int], None], process: int, number: int) -> Attempt:
    begun = time.monotonic()
    try:
        work(process, number)
    except Exception as error:
        return Attempt(time.monotonic() - begun, f"{type(error).__name__}: {error}")
    return Attempt(time.monotonic() - begun, "")


def run_crowd(processes: int, times: int, work: Callable[[int, int], None]) -> list[Attempt]:
    """What processes that begin at the same time report, each of which does some work again and again."""
    answers = answers_of(processes, lambda process: [timed(work, process, number) for number in range(times)])
    died = [Attempt(0, "a process died")]
    return [Attempt(*each) for answer in answers for each in answer or died]


def answers_of(processes: int, work: Callable[[int], Any]) -> list[Any]:
    """What processes that begin at the same time answer, as JSON has it; None where one died."""
    waiting, gun = os.pipe()
    results = []
    for process in range(processes):
        reading, writing = os.pipe()
        if os.fork() == 0:
            code = 70
            try:
                os.close(gun)
                os.close(reading)
                os.read(waiting, 1)
                with os.fdopen(writing, "w") as pipe:
                    json.dump(work(process), pipe)
                code = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(code)
        os.close(writing)
        results.append(reading)
    os.close(gun)
    os.close(waiting)
    texts = [read(reading) for reading in results]
    for _ in range(processes):
        os.wait()
    return [json.loads(text) if text else None for text in texts]


def read(descriptor: int) -> str:
    """All that comes through a pipe."""
    with os.fdopen(descriptor) as pipe:
        return pipe.read()
