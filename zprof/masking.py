"""What is a secret, and how a text is shown without it."""

from __future__ import annotations

import re

MASK = "********"
"""What is shown in place of a secret, whatever its length."""

_REFERENCE = re.compile(r"\{\{[^\s{}.]+\.[^\s{}]+\}\}|\$\{env:[A-Za-z_][A-Za-z0-9_]*\}")
_LOOKS_SECRET = re.compile(r"passw|passphrase|pwd|token|secret|key|credential|auth|sig", re.IGNORECASE)
_USER_OF_URL = re.compile(r"(?<=://)[^/?#\s]*@")
_PARAMETER_OF_URL = re.compile(r"(?<=[?&;])([^=&;#\s]+)=([^&;#\s]+)")


def is_reference(value: object) -> bool:
    """Whether the value as a whole stands for a secret: `{{name.key}}` without blanks, or `${env:NAME}`."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def looks_secret(name: str) -> bool:
    """Whether an attribute of that name may well be a secret, where no schema says so. It guesses yes too often."""
    return _LOOKS_SECRET.search(name) is not None


def without_credentials(text: str) -> str:
    """A text without what its URLs hold of user, password, and secrets among their parameters."""
    if "://" not in text:
        return text
    text = _USER_OF_URL.sub(_masked_user, text)
    return _PARAMETER_OF_URL.sub(lambda match: f"{match[1]}={MASK}" if looks_secret(match[1]) else match[0], text)


def _masked_user(match: re.Match[str]) -> str:
    """A user's name alone may be a token; a reference in its place is none."""
    inner = match[0][:-1]
    _, _, password = inner.partition(":")
    return match[0] if is_reference(password or inner) else f"{MASK}@"
