"""What is a secret, and how a text is shown without it: the one place that knows the forms of credentials.

Each form has its examples in `tests/test_secrets.py`, and so has what only looks alike and must stay readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from typing import Any

from zprof.reference_grammar import is_reference

MASK = "********"
"""What is shown in place of a secret, whatever its length."""
PIECE = 4096
"""Characters of a text that are looked at together."""
MAX_DEPTH = 8
"""Settings within each other, as in `options=user=ann`; what is deeper is hidden."""

_PLACEHOLDER = re.compile(r"<[^<>]+>")
_LOOKS_SECRET = re.compile(
    r"passw|passphrase|pwd|token|secret|key|credential|creds|auth|sig|(?<![a-z])(?:pw|pass)(?![a-z])", re.IGNORECASE
)
SECRET_WORDS = frozenset({"auth", "creds", "credentials", "pass", "pw", "sig"})
"""Last words of names, such as `x_sig`, whose values are secret."""
SECRET_ENDINGS = (
    *("password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "credential", "signature"),
    *("authorization", "cookie", "apikey", "accesskey", "accountkey", "secretkey", "privatekey"),
)
"""Endings of such words: `PGPASSWORD`."""
KEYS = frozenset(
    {"access", "account", "admin", "api", "auth", "deploy", "encryption", "master", "private"}
    | {"secret", "session", "shared", "signing", "storage", "subscription"}
)
"""What a secret key is of; a primary key or a partition key is none."""
ORDINARY = frozenset({"", "true", "false", "yes", "no", "on", "off", "none", "null", "value", "@file", "…", MASK})
"""Values that are no secret, and words that stand for one in our own sentences."""
DATABASES = (
    *("mysql", "mariadb", "postgres", "mssql", "sqlserver", "oracle", "mongodb", "redis", "amqp", "clickhouse"),
    "snowflake",
)
"""How the schemes of URLs begin whose paths have no `@`."""
_SIGNS = (
    *("@", "=", ": ", '":', "':", "PRIVATE KEY", "earer ", "BEARER ", "hooks.slack.com", "discord.com"),
    *("xox", "xapp-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "AKIA", "ASIA", "AIza", "ya29."),
    *("hf_", "npm_", "pypi-", "sk-", "sk_", "rk_", "dapi", "SG.", "eyJ"),
    *("--pass", "--token", "--secret", "-u ", "api.telegram.org", "webhookb2"),
)
"""One of them is in each text that holds a credential of a form that is known."""


def is_placeholder(value: object) -> bool:
    """Whether the value only says what to write in its place, as `<reference>` does in a line that we print."""
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value) is not None


def looks_secret(name: str) -> bool:
    """Whether an attribute of that name may well be a secret, where no schema says so. It guesses yes too often."""
    return _LOOKS_SECRET.search(name) is not None


def without_credentials(text: str, depth: int = 0) -> str:
    """A text without the passwords, tokens and keys in it, as far as their form shows what they are.

    A long text is looked at piece by piece, since some forms take a time that grows with the square of its length; a
    piece without a blank that is longer than that is hidden as a whole.

    Args:
        depth: how many settings, each the value of another, it is within.
    """
    if not may_hold_credentials(text):
        return text
    if len(text) <= PIECE:
        return _masked(text, depth)
    private_key, mask = forms()[0]
    return "".join(
        (_masked(piece, depth) if len(piece) <= PIECE else MASK) if may_hold_credentials(piece) else piece
        for piece in pieces(private_key.sub(mask, text))
    )


def pieces(text: str) -> Iterator[str]:
    """A text in pieces that end with a line or a blank, each at most as long as is looked at, if that can be."""
    for line in text.splitlines(keepends=True):
        while len(line) > PIECE:
            end = line.rfind(" ", 0, PIECE) + 1 or line.find(" ") + 1 or len(line)
            yield line[:end]
            line = line[end:]
        yield line


def _masked(text: str, depth: int) -> str:
    for pattern, mask in forms():
        text = pattern.sub(partial(mask, depth=depth) if mask is masked_setting else mask, text)
    return text


def guarded(name: str, value: Any, *, is_named_secretly: bool) -> Any:
    """A value with what looks like a secret masked, at any depth.

    Args:
        is_named_secretly: whether the name counts; at the top, a schema says better what is a secret.
    """
    if is_reference(value):
        return value
    if is_named_secretly and looks_secret(name):
        return MASK
    if isinstance(value, dict):
        return {key: guarded(key, inner, is_named_secretly=True) for key, inner in value.items()}
    if isinstance(value, list):
        return [guarded("", inner, is_named_secretly=False) for inner in value]
    return _guarded_text(value) if isinstance(value, str) else value


def _guarded_text(text: str) -> str:
    """A text with what looks like a secret masked, also one that is JSON, whose form alone does not show all of it."""
    if text.lstrip().startswith(("{", "[")):
        with suppress(ValueError, RecursionError):
            found = json.loads(text)
            shown = guarded("", found, is_named_secretly=False)
            if shown != found:
                return json.dumps(shown, ensure_ascii=False)
    return without_credentials(text)


def may_hold_credentials(text: str) -> bool:
    """Whether it is worth to look for credentials; most texts are seen to have none in a microsecond."""
    return any(sign in text for sign in _SIGNS)


def is_secret_name(name: str) -> bool:
    """Whether a value of that name is a secret: `db_password`, `X-Amz-Signature`, `AccountKey`; not `token_url`."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    if not words:
        return False
    *before, last = words
    is_key = last == "key" and bool(before) and before[-1] in KEYS
    return is_key or last in SECRET_WORDS or last.endswith(SECRET_ENDINGS)


def is_secret_parameter(name: str) -> bool:
    """The same for a parameter of a URL, where a bare `key` is one of an API."""
    plain = re.sub(r"%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), name)
    return plain.lower() in ("code", "key", "sas") or is_secret_name(plain)


def secret_option(word: str) -> re.Match[str] | None:
    """What `--secret` takes, TYPE/NAME.KEY=VALUE, in its parts; None for anything else, which may be the secret."""
    return re.fullmatch(r"(?P<type>[a-z_-]+)/(?P<name>[^=]+)\.(?P<key>[^.=]+)=(?P<value>.*)", word, re.DOTALL)


def is_plain(value: str) -> bool:
    """Whether a value gives a secret away: it is neither a reference nor a word that only stands for one."""
    bare = value.strip("\"'")
    return bare.lower().rstrip(".,") not in ORDINARY and not is_reference(bare) and not is_placeholder(bare)


def masked_user(match: re.Match[str]) -> str:
    """`user:password@` of a URL. A user's name alone may be a token; a reference in its place is none."""
    inner = match["user"]
    _, _, password = inner.partition(":")
    return match[0] if is_reference(inner) or is_reference(password) else f"{match['scheme']}{MASK}@"


def masked_odd_user(match: re.Match[str]) -> str:
    """The same where a password has characters that end the host of a URL, so that it is none: `u:p/w@h`."""
    port = match["port"]
    is_host = (port is None or (port.isdecimal() and int(port) < 65536)) and not match["scheme"].startswith(DATABASES)
    return match[0] if is_host else f"{match['scheme']}{MASK}@"


def masked_login(match: re.Match[str]) -> str:
    """`user:password@host` without a scheme; an address of mail or of an image has other words before its `@`."""
    user, password = match["user"], match["password"]
    port, slash, _ = password.partition("/")
    is_ordinary = user.lower() in ("mailto", "sip", "acct", "xmpp", "arn", "urn") or (slash and port.isdecimal())
    return match[0] if is_ordinary or is_reference(password) else f"{MASK}@"


def masked_parameter(match: re.Match[str]) -> str:
    """`token=…` among the parameters of a URL, or after its `#`."""
    is_secret = is_secret_parameter(match["name"]) and is_plain(match["value"])
    return f"{match['name']}={MASK}" if is_secret else match[0]


def masked_setting(match: re.Match[str], depth: int = 0) -> str:
    """`password=…`, as in a line of a connection, or `"password": …`, as in JSON; more may be within a value."""
    value, before = match["value"], match[0][: match.start("value") - match.start()]
    if not is_secret_name(match["name"]):
        return before + (without_credentials(value, depth + 1) if depth < MAX_DEPTH else MASK)
    if not is_plain(value):
        return match[0]
    quote = value[0] if value[0] in "\"'" and len(value) > 1 else ""
    return f"{before}{quote}{MASK}{quote}"


def masked_rest(match: re.Match[str]) -> str:
    """What follows a part that tells that a secret follows."""
    return match["before"] + MASK


@cache
def forms() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]:
    """Each form, and what is shown in its place, in the order in which they are looked for.

    They are compiled when the first text may hold one, since that takes three milliseconds.
    """
    scheme = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)"
    name = r"(?P<name>[A-Za-z_][\w.-]*)"
    quoted = r"\\+\"(?:(?!\\+\").)*\\+\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
    setting = rf"{quoted}|\{{\{{[^}}]*\}}\}}|\$\{{[^}}]*\}}|\{{[^}}]*\}}|(?:(?!,\s)[^\s;\"'])+"
    return (
        # A private key in PEM, to its end or the text's.
        (
            re.compile(r"(?P<before>)-----BEGIN [A-Z ]*PRIVATE KEY.*?(?:-----END [A-Z ]*KEY-----|\Z)", re.DOTALL),
            masked_rest,
        ),
        (re.compile(rf"{scheme}(?P<user>[^/?#\s]*)@"), masked_user),
        (
            re.compile(rf"{scheme}[^/?#\s:@\[\]*]*(?::(?P<port>[^/?#\s@]*))?[/?#](?:(?!://)[^\s\"'])*@"),
            masked_odd_user,
        ),
        # As words of a command line.
        (
            re.compile(
                r"(?P<before>(?<!\S)--(?:password|passwd|passphrase|token|secret) +)"
                r"(?![-$*{…]|[A-Z/._=]+(?:[\s,]|$))\S+"
            ),
            masked_rest,
        ),
        (re.compile(r"(?P<before>(?<!\S)-u +[^\s:]+:)(?![$*{])\S+"), masked_rest),
        # Without a scheme.
        (
            re.compile(r"(?<![\w/:.@*{-])(?P<user>[\w.+%-]+):(?P<password>[^\s\"'/@][^\s\"']*)@(?!sha\d+:)(?=[\w\[])"),
            masked_login,
        ),
        (
            re.compile(
                r"(?P<before>\bAuthorization\b[\"'\\]*[:=]\s*[\"'\\]*)(?!\*)(?:\w+ +)?[^\s\"'\\,;]+", re.IGNORECASE
            ),
            masked_rest,
        ),
        (re.compile(r"(?P<before>\bBearer +)(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}", re.IGNORECASE), masked_rest),
        (re.compile(r"(?<=[?&;#])(?P<name>[^=&;#\s]+)=(?P<value>[^&;#\s\"']+)"), masked_parameter),
        # As in a line of a connection, as in JSON, and as in YAML or a header.
        (re.compile(rf"(?<![\w?&#.-])-{{0,2}}{name} ?= ?(?P<value>{setting})"), masked_setting),
        (re.compile(rf"[\"']{name}\\*[\"']\s*:\s*(?P<value>{quoted}|[^\s,}}\]]+)"), masked_setting),
        (
            re.compile(rf"(?:^|[\"'{{(,])[ -]*{name}: +(?P<value>{quoted}|[^\s\"',)}}]+)(?=[\"',)}}]|$)", re.MULTILINE),
            masked_setting,
        ),
        # What these services put in front of a token.
        (
            re.compile(
                r"(?P<before>)(?<![\w-])(?:xox[a-z]-[\w-]+|xapp-[\w-]+|gh[pousr]_\w{16,}|github_pat_\w{16,}"
                r"|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|ya29\.[\w-]+|hf_[A-Za-z0-9]{30,}"
                r"|npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]+|[rs]k_(?:live|test)_\w+|sk-(?:proj|ant)-[\w-]{16,}"
                r"|sk-[A-Za-z0-9]{32,}|dapi[0-9a-f]{32}|SG\.[\w-]{16,}\.[\w-]+|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)"
            ),
            masked_rest,
        ),
        (
            re.compile(
                r"(?P<before>hooks\.slack\.com/(?:services|workflows)/|discord\.com/api/webhooks/"
                r"|webhook\.office\.com/webhookb2/|api\.telegram\.org/bot\d+:)[\w@/-]+"
            ),
            masked_rest,
        ),
    )
