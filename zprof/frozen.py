"""Dicts and lists that refuse changes: what a record is made of, since a change to it would be lost without a word.

They are dicts and lists to all who only read: `json.dumps`, `==`, pickle and deepcopy work as ever.
"""

from __future__ import annotations

from typing import Any, NoReturn


def _refuse(self: object, *arguments: object, **options: object) -> NoReturn:
    """Refuse a change.

    Raises:
        TypeError: always.
    """
    raise TypeError("A record can't be changed. To change what is stored, use `with store.change() as change:`.")


class FrozenDict(dict[Any, Any]):
    """A dict that refuses changes; `dict(it)` is one that takes them."""

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


class FrozenList(list[Any]):
    """A list that refuses changes; `list(it)` is one that takes them."""

    __slots__ = ()

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = remove = pop = clear = sort = reverse = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (list(self),)


def frozen(value: Any) -> Any:
    """A value of JSON that refuses changes at any depth."""
    if isinstance(value, dict):
        return FrozenDict({key: frozen(inner) for key, inner in value.items()})
    return FrozenList(map(frozen, value)) if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """The same value as plain dicts and lists, for those who take no others."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
