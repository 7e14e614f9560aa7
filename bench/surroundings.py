"""A home of its own for what is measured, and the state that each command finds there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.measuring import ZPROF, Sample, measure

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: bench
contexts:
- name: bench
  context: {cluster: bench, user: bench}
"""

STATE = (
    "profile create other",
    "orchestrator register second --flavor local",
    "artifact-store register spare --flavor local",
    "stack register bench -o default -a default -m default",
)
"""The commands that make the state which the tables of commands count on. The first makes the default profile too."""


class Surroundings:
    """A throw-away home: its environment, its config directory, and that directory as it was kept.

    Args:
        scratch: an empty directory.
    """

    def __init__(self, scratch: Path) -> None:
        self.config = scratch / "config"
        self.project = scratch / "project"
        self._kept = scratch / "kept"
        kubeconfig = scratch / "kubeconfig"
        kubeconfig.write_text(KUBECONFIG)
        self.environment = {
            "HOME": str(scratch),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "KUBECONFIG": str(kubeconfig),
            "ZPROF_CONFIG_PATH": str(self.config),
        }

    def zprof(self, *words: str) -> Sample:
        """Run the command once."""
        return measure([ZPROF, *words], self.environment)

    def prepare(self) -> None:
        """Make the state of `STATE`."""
        self.project.mkdir()
        for words in (*STATE, "init project"):
            self.zprof(*words.split())

    def keep(self) -> None:
        """Keep the config directory as it is, for `restore`."""
        shutil.copytree(self.config, self._kept)

    def restore(self, *, is_fresh: bool = False) -> None:
        """Put back what was kept, or nothing at all, and have it on the disk before anything is measured.

        Without that, the first fsync of the command that comes next would write out these files too.
        """
        shutil.rmtree(self.config, ignore_errors=True)
        if is_fresh:
            return
        shutil.copytree(self._kept, self.config)
        for directory, _, names in os.walk(self.config):
            for path in (directory, *(os.path.join(directory, name) for name in names)):
                descriptor = os.open(path, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
