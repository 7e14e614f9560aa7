"""What ZenML 0.7 to 0.13 left on a machine, read into records: its profiles, their stores, and exported stacks.

Nothing here writes, and nothing here knows of zprof's own registry and stores. What is read is another program's, and
it may be half-written, damaged or hostile: whatever a file holds ends in records or in one ZprofError.
"""

from __future__ import annotations

from zprof.zenml.configuration import is_store, read
from zprof.zenml.export import exported_bundle, exported_stack
from zprof.zenml.records import (
    ForeignComponent,
    ForeignConfiguration,
    ForeignFlavor,
    ForeignProfile,
    ForeignRepository,
    ForeignStack,
)

__all__ = [
    "ForeignComponent",
    "ForeignConfiguration",
    "ForeignFlavor",
    "ForeignProfile",
    "ForeignRepository",
    "ForeignStack",
    "exported_bundle",
    "exported_stack",
    "is_store",
    "read",
]
