"""The record of a profile."""

from __future__ import annotations

from typing import Any, NamedTuple

from zprof.documents.shape import document
from zprof.records import told
from zprof.url import for_sqlalchemy, shown


class Profile(NamedTuple):
    """A profile, as the registry has it."""

    name: str
    url: str
    active_stack: str | None
    """The stack that this user has active in it, by name; it may be gone from a shared store."""
    is_active: bool
    """Whether it is the globally active one."""
    is_protected: bool
    created_at: str
    updated_at: str

    @property
    def store_type(self) -> str:
        """The kind of database: `sqlite` or `postgresql`."""
        return self.url.partition(":")[0].partition("+")[0]

    def to_dict(self, *, active: bool | None = None) -> dict[str, Any]:
        """The profile as a document, ready for JSON; its URLs are without the password.

        Args:
            active: whether it is in effect, where that is told.
        """
        fields = {
            "name": self.name,
            **told(active=active),
            "store_type": self.store_type,
            "url": shown(self.url),
            "sqlalchemy_url": for_sqlalchemy(self.url),
            "active_stack": self.active_stack,
            "protected": self.is_protected,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
        return document("Profile", fields)


def profile_of(row: tuple[Any, ...]) -> Profile:
    """The record of a row of the profile statements."""
    name, url, active_stack, is_active, is_protected, created_at, updated_at = row
    return Profile(name, url, active_stack, bool(is_active), bool(is_protected), created_at, updated_at)
