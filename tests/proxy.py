"""A line to PostgreSQL that is as slow as a far one, and that counts how often a client waits for an answer."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import Self

READY = b"Z\x00\x00\x00\x05I"
"""How a server says that it waits for a query, outside of a transaction: the first time, the client is connected."""


class Proxy:
    """Stands between clients and a server, and delivers each chunk a fixed time after it came.

    A round trip is what a client sent, together, and the first of the answer; sending more without having read that is
    still the same trip. Those until a client is connected don't count. To count trips of pipelines the line must be
    slow: on a fast one the answer to the first of several messages may come before the last is sent.

    The connection is not encrypted, and TCP's own handshake is not delayed.

    Args:
        port: the server's.
        one_way: seconds from one side to the other, however much is on its way.
    """

    def __init__(self, port: int, *, one_way: float = 0.0) -> None:
        self._server = port
        self._one_way = one_way
        self._conversations: list[Conversation] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else `accept` goes on
        self._listener.close()

    def forget(self) -> None:
        """Count from zero again."""
        self._conversations.clear()

    @property
    def connections(self) -> int:
        """How many clients came."""
        return len(self._conversations)

    @property
    def round_trips(self) -> int:
        """How often clients waited for an answer once they were connected, all of them together."""
        return sum(conversation.trips for conversation in self._conversations)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conversation = Conversation(client, server, self._one_way)
            self._conversations.append(conversation)
            threading.Thread(target=conversation.run, daemon=True).start()


class Conversation:
    """One connection of a client."""

    def __init__(self, client: socket.socket, server: socket.socket, one_way: float) -> None:
        self._client = client
        self._server = server
        self._one_way = one_way
        self._is_connected = False
        self._has_asked = False
        self._tail = b""
        self.trips = 0

    def run(self) -> None:
        """Pass on what comes from either side until both have ended the connection."""
        threads = []
        for source, target in ((self._client, self._server), (self._server, self._client)):
            on_its_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
            for work, end in ((self._receive, source), (self._deliver, target)):
                threads.append(threading.Thread(target=work, args=(end, on_its_way), daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._client.close()
        self._server.close()

    def _receive(self, source: socket.socket, on_its_way: SimpleQueue[tuple[float, bytes]]) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = source.recv(65536)
            except OSError:
                chunk = b""
            if chunk and source is self._client:
                self._has_asked = True
            on_its_way.put((time.monotonic() + self._one_way, chunk))

    def _deliver(self, target: socket.socket, on_its_way: SimpleQueue[tuple[float, bytes]]) -> None:
        while True:
            due, chunk = on_its_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if target is self._client:
                self._count(chunk)
            try:
                target.sendall(chunk)
                if not chunk:
                    target.shutdown(socket.SHUT_WR)
            except OSError:  # whoever was to read this is gone, and need not be answered
                for each in (self._client, self._server):
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
                return
            if not chunk:
                return

    def _count(self, chunk: bytes) -> None:
        """Take note of what is about to reach the client, whose next message would be another trip."""
        if chunk and self._has_asked:
            self.trips += self._is_connected
            self._has_asked = False
        if not self._is_connected:
            self._tail = (self._tail + chunk)[-len(READY) :]
            self._is_connected = self._tail == READY
