"""What a database says of itself in its table `format`: what kind it is, and which programs can use it."""

from __future__ import annotations

from zprof.errors import UPGRADE, DamagedFile, ForeignFile, NewerSchema
from zprof.generated.formats import FORMATS

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from typing import Any, Literal

    Kind = Literal["registry", "store"]
else:
    Kind = str

OLDEST_READ: dict[Kind, int] = {"registry": 1, "store": 2}
"""The oldest format that the statements of this program can read: store format 1 has no revision numbers."""


def checked_version(place: str, kind: Kind, row: tuple[Any, ...] | None, *, is_write: bool) -> int:
    """The version in a row of FORMAT, found to be one that this program can use, or upgrade.

    Raises:
        DamagedFile: the row is not one that zprof writes.
        ForeignFile: it is another kind of database.
        NewerSchema: a newer zprof made it too different to be read, or to be written.
    """
    if row is not None and [type(value) for value in row] != [str, int, int, int]:
        from zprof.hints import option_of  # on the way to an error alone

        raise DamagedFile(
            f"The row of the table format in {place} is damaged.",
            f"Restore a copy with `zprof db restore FILE{option_of(kind)}`.",
        )
    if row is None or row[0] != kind:
        found = f"zprof's {row[0]}" if row else "unfinished"
        raise ForeignFile(f"{place} is {found}, not a {kind}.", "Choose another place.")
    _, version, min_reader, min_writer = row
    needed, ours = min_writer if is_write else min_reader, FORMATS[kind]
    if version > ours and needed > ours:
        raise NewerSchema(
            f"{place} was written by a newer zprof: it takes format {needed} to {'change' if is_write else 'read'} it, "
            f"and this one supports {ours}.",
            f"Nothing was changed in it. {UPGRADE}",
        )
    return int(version)
