"""A connection to PostgreSQL that is cut at a given statement."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class CuttingProxy:
    """Stands between a client and a server, and ends the connection when the client sends a certain text.

    Args:
        port: the server's.
        at: the text.
        passes_on: whether the server still gets what has the text in it, so that it is done and the client not told.
    """

    def __init__(self, port: int, at: bytes, *, passes_on: bool) -> None:
        self._server = port
        self._at = at
        self._passes_on = passes_on
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            threading.Thread(target=self._pass, args=(client, server, self._at), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, None), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, at: bytes | None) -> None:
        try:
            while chunk := source.recv(65536):
                if at is not None and at in chunk:
                    if self._passes_on:
                        source.shutdown(socket.SHUT_RDWR)  # first, lest the answer come through
                        target.sendall(chunk)
                        target.recv(1)
                    break
                target.sendall(chunk)
        except OSError:
            pass
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
