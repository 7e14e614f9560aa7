"""References are resolved as a whole and once; a store of others gets nothing that is not allowed."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import NewStore, Zprof
from hypothesis import given
from hypothesis import strategies as st

import zprof as library
from zprof import paths
from zprof.errors import NotAllowed, Refused, Unresolved, ZprofError
from zprof.reference_grammar import MalformedReference, Reference, is_reference, reference, unescaped
from zprof.references import sources
from zprof.references.allowances import Approval, allowances
from zprof.references.allowing import approve, in_toml, revoke
from zprof.references.origin import origin_of
from zprof.references.resolving import Resolver

SECRET = "hunter2"


class TestGrammar:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("${env:AWS_KEY}", Reference("env", "AWS_KEY")),
            ("${file:/run/secrets/a b}", Reference("file", "/run/secrets/a b")),
            ("${file:~/token}", Reference("file", "~/token")),
            ("${keyring:zprof/bucket}", Reference("keyring", "zprof/bucket")),
            ("${keyring:zprof/team/bucket}", Reference("keyring", "zprof/team/bucket")),
            ("{{db.password}}", Reference("secret", "db", "password")),
            ("{{db.password.old}}", Reference("secret", "db", "password.old")),
        ],
    )
    def test_a_reference(self, text: str, found: Reference) -> None:
        assert reference(text) == found
        assert str(found) == text
        assert is_reference(text)

    @pytest.mark.parametrize(
        "text",
        [
            *("${env:}", "${env:1A}", "${env:A-B}", "${env:A}\n", "${env:A}x", "${env:A\nB}", "${ENV:A}", "${envv:X}"),
            *("${X}", "${", "${}", "${env:A", "${env:${env:A}}", "${env:A}${env:B}", "${env:Ä}"),
            *("${file:}", "${file:token}", "${file:./token}", "${file:~ann/token}", "${file:/a\nb}", "${file:/a\0}"),
            *("${keyring:}", "${keyring:zprof}", "${keyring:zprof/}", "${keyring:login/ann}", "${keyring:zprof/../x}"),
            *("{{", "{{}}", "{{a}}", "{{.key}}", "{{a.}}", "{{ a.b }}", "{{a.b}}\n", "{{a.b}}{{c.d}}", "{{{a.b}}}"),
        ],
    )
    def test_a_mistake(self, text: str) -> None:
        assert not is_reference(text)
        with pytest.raises(MalformedReference) as error:
            reference(text)
        assert text not in str(error.value) or len(text) < 4

    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            *(("", ""), ("a", "a"), ("$", "$"), ("$a", "$a"), ("$$", "$$"), ("$$a", "$$a"), ("{a}", "{a}")),
            *(("$${env:A}", "${env:A}"), ("$$${env:A}", "$${env:A}"), ("{{{{a.b}}", "{{a.b}}")),
            *(("{{{{{{a.b}}", "{{{{a.b}}"), ("x ${env:A}", "x ${env:A}"), ("x {{a.b}}", "x {{a.b}}"), ("{{{{", "{{")),
            *((" ${env:A}", " ${env:A}"), ("mysql://u:${env:A}@h", "mysql://u:${env:A}@h")),
        ],
    )
    def test_a_text(self, text: str, meaning: str) -> None:
        assert reference(text) is None
        assert unescaped(text) == meaning

    @given(st.text(st.sampled_from("${}:abAB./~ \n") | st.characters()))
    def test_any_text_can_be_written(self, meaning: str) -> None:
        """Each text has a spelling that means it, and no text is both a reference and one."""
        spelling = meaning
        if meaning.startswith("{{"):
            spelling = "{{" + meaning
        elif meaning.lstrip("$").startswith("{") and meaning.startswith("$"):
            spelling = "$" + meaning
        assert reference(spelling) is None
        assert unescaped(spelling) == meaning


class TestRegistering:
    @pytest.mark.parametrize(
        ("word", "why"),
        [
            ("--key=${envv:X}", "is a ${envv:…}, but there are only ${env:NAME}, ${file:PATH}"),
            ("--key=${env:}", "is an ${env:…} without the name of a variable"),
            ("--key=${file:token}", "whose path is not absolute"),
            ("--key={{ db.password }}", "starts with {{ but is not {{secret.key}}"),
            ('--client_kwargs={"a": ["${X}"]}', "starts with ${ but is not"),
            ("--key=@value", "starts with ${ but is not"),
        ],
    )
    def test_a_mistake_is_refused_when_it_is_typed(self, zprof: Zprof, home: Path, word: str, why: str) -> None:
        (home / "value").write_text(f"${{{SECRET}")
        refused = zprof("artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b", word)
        assert (refused.code, why in refused.err) == (2, True)
        assert "To start a text like this, write $${" in refused.err
        assert SECRET not in refused.err
        assert zprof("artifact-store", "register", "b", "-f", "s3", "--path=s3://b", "--key=$${X}").code == 0
        assert zprof("artifact-store", "update", "b", word).code == 2


Make = Callable[..., Resolver]


@pytest.fixture
def make(zprof: Zprof, new_store: NewStore) -> Make:
    """A stack `prod` of a profile, whose artifact store has some attributes, and what resolves it."""

    def made(config: Mapping[str, Any] = {}, *, shared: bool = False, manager: str | None = "local") -> Resolver:
        profile = "team" if shared else "own"
        url = ("--url", "team.db") if shared else ()
        assert zprof("profile", "create", profile, *url).code == 0
        with library.open_profile(profile).change() as change:
            change.register_component("artifact_store", "bucket", "s3", {"path": "s3://b", **config})
            members = {"orchestrator": "default", "artifact_store": "bucket", "metadata_store": "default"}
            if manager is not None:
                own = {"region_name": "eu-west-1"} if manager == "aws" else {}
                own = {"owner": "a", "repository": "b"} if manager == "github" else own
                change.register_component("secrets_manager", "vault", manager, own)
                members["secrets_manager"] = "vault"
            change.register_stack("prod", members, decouple_stores=True)
        assert zprof("-p", profile, "stack", "set", "prod").code == 0
        return again(profile)

    return made


def again(profile: str, stack: str = "prod") -> Resolver:
    """The same with what the store has now."""
    with library.using(f"{profile}/{stack}"):
        return Resolver(library.active_profile(), library.active_stack(), paths.config_dir())


def keep(zprof: Zprof, profile: str, **values: str) -> None:
    for key, value in values.items():
        Path("value").write_text(value)
        assert zprof("-p", profile, "secret", "set", f"db.{key}", "@value").code == 0


class TestResolving:
    def test_each_kind(self, make: Make, zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KEY", "from-env")
        (home / "token").write_text("from-file\n")
        resolver = make({
            "key": "${env:KEY}", "secret": "{{db.password}}", "token": "${file:~/token}",
            "client_kwargs": {"a": ["${env:KEY}", 5, "$${x}"], "b": {"c": "plain"}},
        })  # fmt: skip
        keep(zprof, "own", password="from-vault")
        found = resolver.resolved(resolver.stack.artifact_store)
        assert found.values == {
            "path": "s3://b", "key": "from-env", "secret": "from-vault", "token": "from-file",
            "client_kwargs": {"a": ["from-env", 5, "${x}"], "b": {"c": "plain"}},
        }  # fmt: skip
        assert found.secret == {"key", "secret", "token", "client_kwargs"}
        assert "from-" not in repr(found)
        assert "'c': 'plain'" in repr(resolver.stack.artifact_store)
        assert not resolver.is_shared
        assert set(resolver.all_resolved()) == {"artifact_store", "metadata_store", "orchestrator", "secrets_manager"}

    @pytest.mark.parametrize("value", ["${env:OTHER}", "{{db.password}}", "$${x}", "{{{{x"])
    def test_what_comes_out_is_not_looked_at_again(
        self, make: Make, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv("KEY", value)
        resolver = make({"key": "${env:KEY}"})
        assert resolver.resolved(resolver.stack.artifact_store).values["key"] == value

    def test_all_mistakes_of_a_component_are_told_and_no_value(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KEY", SECRET)
        resolver = make({"key": "${env:NOPE}", "secret": "{{nope.x}}", "token": "${env:KEY}",
                         "client_kwargs": {"x": ["${envv:X}"], "y": f"${{{SECRET}"}})  # fmt: skip
        with pytest.raises(Unresolved) as error:
            resolver.resolved(resolver.stack.artifact_store)
        assert error.value.problems == (
            "client_kwargs.x.0 of the artifact store 'bucket' is a ${envv:…}, but there are only ${env:NAME}, "
            "${file:PATH} and ${keyring:zprof/NAME}.",
            "client_kwargs.y of the artifact store 'bucket' starts with ${ but is not ${env:NAME}, ${file:PATH} or "
            "${keyring:zprof/NAME}.",
            "key of the artifact store 'bucket' is ${env:NOPE}, but the variable is not set.",
            "secret of the artifact store 'bucket' is {{nope.x}}, but in the secrets manager 'vault' there is no "
            "secret 'nope'.",
        )
        assert "export NOPE=<value>" in error.value.hint
        assert "zprof secret set nope.x --manager vault" in error.value.hint
        assert "write $${ for ${" in error.value.hint
        assert SECRET not in error.value.message + error.value.hint

    def test_the_mistakes_of_all_components_are_told_together(self, make: Make) -> None:
        resolver = make({"key": "${env:NOPE}"})
        with library.open_profile("own").change() as change:
            change.register_component("alerter", "ops", "slack", {"slack_token": "${env:NEITHER}"})
            change.update_stack("prod", {"alerter": "ops"})
        with pytest.raises(Unresolved) as error:
            again("own").all_resolved()
        assert len(error.value.problems) == 2
        assert error.value.exit_code == 1
        assert resolver.resolved(resolver.stack.orchestrator).secret == frozenset()

    @pytest.mark.parametrize(
        ("value", "why"), [("", "is empty"), ("a\udcff", "bytes that are not UTF-8"), (None, "is not set")]
    )
    def test_variables(self, monkeypatch: pytest.MonkeyPatch, value: str | None, why: str) -> None:
        monkeypatch.delenv("KEY", raising=False)
        if value is not None:
            monkeypatch.setenv("KEY", value)
        with pytest.raises(sources.Unresolvable, match=why):
            sources.variable_value("KEY")

    @pytest.mark.parametrize(
        ("content", "held"),
        [
            (b"x\n", "x"),
            (b"x\r\n", "x"),
            (b"x\n\n", "x\n"),
            (b" x ", " x "),
            (b"\xef\xbb\xbfx", "x"),
            ("ü".encode(), "ü"),
        ],
    )
    def test_files(self, tmp_path: Path, content: bytes, held: str) -> None:
        (tmp_path / "f").write_bytes(content)
        assert sources.file_content(str(tmp_path / "f")) == held

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            *((b"", "is empty"), (b"\n", "is empty"), (b"a\0b", "NUL"), (b"\xff", "not text in UTF-8")),
            *((b"x" * (sources.MAX_BYTES + 1), "larger than 128 KiB"), (None, "No such file")),
        ],
    )
    def test_what_no_file_may_hold(self, tmp_path: Path, content: bytes | None, why: str) -> None:
        if content is not None:
            (tmp_path / "f").write_bytes(content)
        with pytest.raises(sources.Unresolvable, match=why):
            sources.file_content(str(tmp_path / "f"))

    def test_a_pipe_and_a_directory_keep_nobody_waiting(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", tmp_path):
            with pytest.raises(sources.Unresolvable, match="not a regular file"):
                sources.file_content(str(path))

    def test_the_keyring(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        import keyring
        from keyring.backend import KeyringBackend

        class Backend(KeyringBackend):
            priority = 1

            def get_password(self, service: str, username: str) -> str | None:
                return {("zprof/bucket", "zprof"): SECRET}.get((service, username))

            def set_password(self, service: str, username: str, password: str) -> None: ...

        before = keyring.get_keyring()
        keyring.set_keyring(Backend())  # type: ignore[no-untyped-call]
        try:
            resolver = make({"key": "${keyring:zprof/bucket}"})
            assert resolver.resolved(resolver.stack.artifact_store).values["key"] == SECRET
            with pytest.raises(sources.Unresolvable) as error:
                sources.password("zprof/other")
            assert error.value.cure == "Run `keyring set zprof/other zprof`."
        finally:
            keyring.set_keyring(before)
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(sources.Unresolvable) as error:
            sources.password("zprof/bucket")
        assert error.value.cure == "In a checkout of zprof, run `pip install '.[keyring]'`."

    def test_a_stack_without_a_secrets_manager(self, make: Make) -> None:
        resolver = make({"key": "{{db.password}}"}, manager=None)
        with pytest.raises(Unresolved, match="the stack 'prod' has no secrets manager") as error:
            resolver.resolved(resolver.stack.artifact_store)
        assert error.value.hint == "Give it one: `zprof stack update prod -x NAME`."

    def test_closest_names_of_what_is_not_kept(self, make: Make, zprof: Zprof) -> None:
        resolver = make({"key": "{{db.pasword}}"})
        keep(zprof, "own", password=SECRET)
        with pytest.raises(Unresolved, match="the secret 'db' has no key 'pasword'") as error:
            resolver.resolved(resolver.stack.artifact_store)
        assert error.value.hint.startswith("Did you mean 'password'?")

    def test_a_secrets_manager_that_is_not_read(self, make: Make) -> None:
        resolver = make({"key": "{{db.password}}"}, manager="github")
        with pytest.raises(Unresolved, match="can't read secrets managers of the flavor 'github'"):
            resolver.resolved(resolver.stack.artifact_store)

    def test_a_stored_secret_that_is_named(self, make: Make, zprof: Zprof) -> None:
        resolver = make({"authentication_secret": "db"})
        keep(zprof, "own", aws_access_key_id="a", aws_secret_access_key=SECRET)
        bucket = resolver.stack.artifact_store
        fields = {"aws_access_key_id": "a", "aws_secret_access_key": SECRET}
        assert resolver.stored(bucket, "authentication_secret") == fields
        with pytest.raises(Unresolved, match="key of the artifact store 'bucket' names a stored secret, but"):
            resolver.stored(bucket, "key")


class TestAws:
    @pytest.mark.parametrize(
        ("config", "name"),
        [
            ({"scope": "none"}, "db"),
            ({"scope": "global"}, "zenml/global/db"),
            ({"scope": "namespace", "namespace": "ml"}, "zenml/namespace/ml/db"),
            ({}, "zenml/component/00000000-0000-0000-0000-0000000000ff/db"),
        ],
    )
    def test_names(self, config: dict[str, str], name: str) -> None:
        from zprof.references.aws import name_of

        manager = library.Component("secrets_manager", "vault", "aws", config, place=f"{255:032x}")
        assert name_of(manager, "db") == name

    @pytest.mark.parametrize(
        ("answer", "found"),
        [
            ('{"password": "x", "port": 5, "zenml_schema_name": "arbitrary"}', {"password": "x", "port": "5"}),
            ("plain", "not a JSON object"),
            ("[1]", "not a JSON object"),
        ],
    )
    def test_answers(self, monkeypatch: pytest.MonkeyPatch, answer: str, found: object) -> None:
        from zprof.references import aws

        manager = library.Component("secrets_manager", "vault", "aws", {"region_name": "eu", "scope": "none"})
        asked = SimpleNamespace(get_secret_value=lambda SecretId: {"SecretString": answer})  # noqa: N803
        monkeypatch.setattr(aws, "client", lambda region: asked)
        if isinstance(found, dict):
            assert aws.fields(manager, "db") == found
            return
        with pytest.raises(sources.Unresolvable, match=str(found)):
            aws.fields(manager, "db")

    def test_a_place_that_zprof_does_not_make(self) -> None:
        from zprof.references.aws import name_of

        with pytest.raises(sources.Unresolvable, match="the secrets manager 'vault' has an invalid place"):
            name_of(library.Component("secrets_manager", "vault", "aws", {}, place="../x"), "db")

    def test_what_aws_refuses(self) -> None:
        from zprof.references.aws import refusal

        class ClientError(Exception):
            def __init__(self, code: str) -> None:
                super().__init__(f"the text may have anything in it: {SECRET}")
                self.response = {"Error": {"Code": code, "Message": SECRET}}

        missing = refusal("zenml/global/db", ClientError("ResourceNotFoundException"))
        assert missing.why == "there is no secret 'zenml/global/db' at AWS"
        assert refusal("db", ClientError("AccessDenied")).why == "AWS refused to return the secret 'db' (AccessDenied)"
        assert refusal("db", ValueError(SECRET)).why == "AWS refused to return the secret 'db' (ValueError)"

    def test_without_the_library(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "boto3", None)
        resolver = make({"key": "{{db.password}}"}, manager="aws")
        with pytest.raises(Unresolved) as error:
            resolver.resolved(resolver.stack.artifact_store)
        assert error.value.hint == "In a checkout of zprof, run `pip install '.[aws]'`."


class TestOrigin:
    def test_a_store_in_the_config_directory_is_ones_own(self, zprof: Zprof, config: Path) -> None:
        url = library.active_profile().url
        assert origin_of(url, str(config)).doubt == ""
        assert origin_of(url, str(config)).is_inside

    def test_one_elsewhere_is_not(self, zprof: Zprof, home: Path, config: Path) -> None:
        found = origin_of(f"sqlite://{home}/team.db", str(config))
        assert (found.doubt, found.is_inside) == (f"is outside {config}", False)
        # Nor one whose directory only begins with the same letters.
        assert not origin_of(f"sqlite://{config}-too/team.db", str(config)).is_inside

    def test_one_on_a_server_is_not_and_the_user_does_not_matter(self, config: Path) -> None:
        url = "postgresql+psycopg://{}db:5432/ml?schema={}&sslmode=require"
        ann = origin_of(url.format("ann:x@", "zprof"), str(config))
        assert (ann.doubt, ann.is_inside) == ("is on a server", False)
        assert ann == origin_of(url.format("bob@", "zprof"), str(config))
        assert ann != origin_of(url.format("ann:x@", "other"), str(config))
        assert "x@" not in ann.place

    def test_a_link_out_of_the_config_directory(self, zprof: Zprof, home: Path, config: Path) -> None:
        own = config / "profiles" / "default.db"
        own.rename(home / "theirs.db")
        own.symlink_to(home / "theirs.db")
        found = origin_of(library.active_profile().url, str(config))
        assert found.doubt == f"is outside {config}"
        assert found.place == f"sqlite://{home}/theirs.db"

    def test_a_second_name_of_the_file(self, zprof: Zprof, home: Path, config: Path) -> None:
        os.link(config / "profiles" / "default.db", home / "theirs.db")
        assert "another hard link" in origin_of(library.active_profile().url, str(config)).doubt

    @pytest.mark.parametrize("place", ["", "profiles", "profiles/default.db"])
    def test_what_others_can_write(self, zprof: Zprof, config: Path, place: str) -> None:
        path = config / place
        path.chmod(path.stat().st_mode | 0o020)
        doubt = origin_of(library.active_profile().url, str(config)).doubt
        assert doubt.startswith(f"can be changed by others: the mode of {path}".rstrip("/"))

    def test_a_file_of_another_user(self, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        url = library.active_profile().url
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        assert "who owns" in origin_of(url, str(config)).doubt


STRANGE = {
    "variable": {"key": "${env:AWS_SECRET_ACCESS_KEY}"},
    "file": {"key": "${file:/etc/passwd}"},
    "keyring": {"key": "${keyring:zprof/bucket}"},
    "secret": {"key": "{{db.password}}"},
    "within an object": {"client_kwargs": {"headers": [{"x": "${env:AWS_SECRET_ACCESS_KEY}"}]}},
}


class TestStrangers:
    @pytest.mark.parametrize("config", STRANGE.values(), ids=STRANGE)
    def test_two_attributes_of_a_stranger_leak_nothing(
        self, make: Make, zprof: Zprof, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any]
    ) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        for name in ("variable_value", "file_content", "password"):
            monkeypatch.setattr(sources, name, lambda *arguments: pytest.fail("looked at"))
        kwargs = {"endpoint_url": "http://evil.example", **config.get("client_kwargs", {})}
        resolver = make({**config, "client_kwargs": kwargs}, shared=True)
        assert resolver.is_shared
        with pytest.raises(NotAllowed) as error:
            resolver.resolved(resolver.stack.artifact_store)
        assert error.value.exit_code == 7
        assert error.value.hint.endswith("allow it: `zprof allow artifact-store bucket`.")
        with pytest.raises(NotAllowed):
            resolver.all_resolved()

    def test_a_name_of_a_stored_secret(self, make: Make, zprof: Zprof) -> None:
        resolver = make({"authentication_secret": "db"}, shared=True)
        keep(zprof, "team", aws_access_key_id=SECRET)
        bucket = resolver.stack.artifact_store
        with pytest.raises(NotAllowed, match="authentication_secret names a stored secret"):
            resolver.stored(bucket, "authentication_secret")
        assert resolver.unallowed(bucket) == ["authentication_secret names the stored secret 'db'"]
        allow(resolver)
        assert again("team").stored(bucket, "authentication_secret") == {"aws_access_key_id": SECRET}
        assert again("team").unallowed(bucket) == []

    def test_what_needs_nothing_of_ones_own(self, make: Make) -> None:
        resolver = make({"key": "$${env:X}"}, shared=True)
        assert resolver.resolved(resolver.stack.artifact_store).values["key"] == "${env:X}"

    def test_no_component_is_resolved_where_one_is_not_allowed(self, make: Make) -> None:
        make({"key": "${env:NOPE}"}, shared=True)
        with library.open_profile("team").change() as change:
            change.register_component("alerter", "ops", "slack", {"slack_token": "${env:NEITHER}"})
            change.update_stack("prod", {"alerter": "ops"})
        with pytest.raises(NotAllowed) as error:
            again("team").all_resolved()
        assert len(error.value.uses) == 2
        assert error.value.lines == ("zprof allow",)

    def test_a_place_that_leads_to_secrets_of_another_store(self, make: Make, zprof: Zprof, home: Path) -> None:
        """Whoever writes a store can write any place into it."""
        make({"key": "{{db.password}}"})
        keep(zprof, "own", password=SECRET)
        place = library.open_profile("own").component("secrets_manager", "vault").place
        make({"key": "{{db.password}}"}, shared=True)
        with closing(sqlite3.connect(home / "team.db", isolation_level=None)) as store:
            store.execute("UPDATE component SET place = ? WHERE name = 'vault'", (place,))
        resolver = again("team")
        allow(resolver)
        with pytest.raises(Unresolved, match="there is no secret 'db'"):
            again("team").resolved(resolver.stack.artifact_store)


def allow(resolver: Resolver) -> None:
    """Approve of the artifact store, as `zprof allow` does."""
    bucket = resolver.stack.artifact_store
    approve(paths.config_dir(), [Approval(resolver.origin.place, "artifact_store/bucket", resolver.fingerprint(bucket),
                                          resolver.manager_fingerprint(), "2026-01-01T00:00:00Z")])  # fmt: skip


def is_allowed(profile: str = "team", stack: str = "prod") -> bool:
    resolver = again(profile, stack)
    try:
        resolver.resolved(resolver.stack.artifact_store)
    except NotAllowed:
        return False
    except Unresolved:
        pass
    return True


PATH = "UPDATE component SET config = json_set(config, '$.path', 's3://evil') WHERE name = 'bucket'"
CHANGES = {
    "an attribute": PATH,
    "another reference": "UPDATE component SET config = json_set(config, '$.key', '${env:NO}') WHERE name = 'bucket'",
    "an attribute more": "UPDATE component SET config = json_set(config, '$.token', 'x') WHERE name = 'bucket'",
    "the flavor": "UPDATE component SET flavor = 'minio' WHERE name = 'bucket'",
    "the name": "UPDATE component SET name = 'other' WHERE name = 'bucket'",
    "the place": "UPDATE component SET place = '" + "0" * 32 + "' WHERE name = 'bucket'",
}
OF_THE_MANAGER = {
    "its place": "UPDATE component SET place = '" + "0" * 32 + "' WHERE name = 'vault'",
    "its flavor": "UPDATE component SET flavor = 'aws', config = '{\"region_name\": \"x\"}' WHERE name = 'vault'",
    "its attributes": "UPDATE component SET config = '{\"secrets_file\": \"/x\"}' WHERE name = 'vault'",
    "its name": "UPDATE component SET name = 'safe' WHERE name = 'vault'",
    "none is left": "DELETE FROM stack_component WHERE component_type = 'secrets_manager'",
}


def change_store(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "team.db", isolation_level=None)) as store:
        assert store.execute(statement).rowcount == 1


class TestApprovals:
    @pytest.mark.parametrize("key", ["${env:KEY}", "{{db.password}}"])
    def test_an_approval_holds(self, make: Make, home: Path, key: str) -> None:
        allow(make({"key": key}, shared=True))
        assert is_allowed()
        # A revision and a time are no change of what it does.
        change_store(home, "UPDATE component SET revision = revision + 1 WHERE name = 'bucket'")
        assert is_allowed()

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_it_does_not_count_on_after_a_change(self, make: Make, home: Path, change: str) -> None:
        allow(make({"key": "${env:KEY}"}, shared=True))
        assert is_allowed()
        change_store(home, change)
        assert not is_allowed()

    @pytest.mark.parametrize("change", OF_THE_MANAGER.values(), ids=OF_THE_MANAGER)
    def test_nor_after_one_of_the_secrets_manager(self, make: Make, home: Path, change: str) -> None:
        allow(make({"key": "{{db.password}}"}, shared=True))
        assert is_allowed()
        change_store(home, change)
        assert not is_allowed()

    def test_nor_with_another_secrets_manager(self, make: Make) -> None:
        allow(make({"key": "{{db.password}}"}, shared=True))
        with library.open_profile("team").change() as change:
            change.register_component("secrets_manager", "other", "local", {})
            change.update_stack("prod", {"secrets_manager": "other"})
        assert not is_allowed()
        allow(again("team"))
        assert is_allowed()
        with library.open_profile("team").change() as change:
            change.update_stack("prod", {"secrets_manager": "vault"})
        assert is_allowed()  # the first one is still approved of

    def test_a_variable_does_not_come_from_the_secrets_manager(self, make: Make, home: Path) -> None:
        allow(make({"key": "${env:KEY}"}, shared=True))
        change_store(home, OF_THE_MANAGER["its place"])
        assert is_allowed()

    def test_nor_after_the_schema_of_the_flavor_changed(self, make: Make, home: Path) -> None:
        make({}, shared=True)
        schema = {"type": "object", "properties": {"key": {"type": "string"}}}
        with library.open_profile("team").change() as change:
            change.register_flavor("artifact_store", "minio", schema, None)
            change.register_component("artifact_store", "attic", "minio", {"key": "${env:KEY}"})
            change.update_stack("prod", {"artifact_store": "attic"}, decouple_stores=True)
        allow_all()
        assert is_allowed()
        changed = json.dumps({**schema, "properties": {"key": {"type": "string", "x-env": "AWS_ENDPOINT_URL"}}})
        change_store(home, f"UPDATE flavor SET config_schema = '{changed}'")
        assert not is_allowed()

    @pytest.mark.parametrize(("part", "counts_on"), [({}, True), ({"x-env": "AWS_ENDPOINT_URL_S3"}, False)])
    def test_nor_beside_another_component_that_sets_variables(
        self, make: Make, part: dict[str, str], counts_on: bool
    ) -> None:
        """A program reads the variables of all components: another could say where the secret is sent."""
        allow(make({"key": "${env:KEY}"}, shared=True))
        schema = {"type": "object", "properties": {"url": {"type": "string", **part}}}
        with library.open_profile("team").change() as change:
            change.register_flavor("alerter", "pager", schema, None)
            change.register_component("alerter", "duty", "pager", {"url": "http://evil.example"})
            change.update_stack("prod", {"alerter": "duty"})
        assert is_allowed() == counts_on
        allow(again("team"))
        assert is_allowed()
        with library.open_profile("team").change() as change:
            duty = change.component("alerter", "duty")
            change.update_component("alerter", duty.name, {"url": "http://other.example"})
        assert is_allowed() == counts_on

    def test_nor_in_another_store(self, make: Make, zprof: Zprof, home: Path) -> None:
        allow(make({"key": "${env:KEY}"}, shared=True))
        (home / "copy.db").write_bytes((home / "team.db").read_bytes())
        zprof("profile", "create", "copy", "--url", "copy.db")
        assert not is_allowed("copy")
        # The same store by another path is the same.
        (home / "link").symlink_to(home)
        zprof("profile", "create", "linked", "--url", "link/team.db")
        assert is_allowed("linked")

    def test_one_for_a_component_is_none_for_another(self, make: Make) -> None:
        allow(make({"key": "${env:KEY}"}, shared=True))
        with library.open_profile("team").change() as change:
            config = dict(change.component("artifact_store", "bucket").config)
            change.register_component("artifact_store", "twin", "s3", config)
            change.update_stack("prod", {"artifact_store": "twin"}, decouple_stores=True)
        assert not is_allowed()


def allow_all() -> None:
    resolver = again("team")
    attic = resolver.stack.artifact_store
    approve(paths.config_dir(), [Approval(resolver.origin.place, "artifact_store/attic", resolver.fingerprint(attic))])


def write_config(config: Path, text: str, mode: int = 0o600) -> Path:
    path = config / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


class TestGeneralAllowances:
    def test_variables(self, make: Make, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TEAM_KEY", SECRET)
        resolver = make({"key": "${env:TEAM_KEY}", "secret": "${env:TEAM_KEY_2}"}, shared=True)
        write_config(config, '[allow]\nenv = ["TEAM_KEY"]\n')
        with pytest.raises(NotAllowed) as error:
            resolver.resolved(resolver.stack.artifact_store)
        assert error.value.uses == ("secret is ${env:TEAM_KEY_2} in the artifact store 'bucket'",)

    def test_services(self, make: Make, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "password", lambda service: service)
        make({"key": "${keyring:zprof/team}"}, shared=True)
        write_config(config, '[allow]\nkeyring = ["zprof/tea"]\n')
        assert not is_allowed()
        write_config(config, '[allow]\nkeyring = ["zprof/team"]\n')
        assert is_allowed()

    @pytest.mark.parametrize("path", ["~/team/token", "~/team/sub/token", "~/team/in", "~/team/../team/token"])
    def test_files_in_a_directory(self, make: Make, home: Path, config: Path, path: str) -> None:
        (home / "team" / "sub").mkdir(parents=True)
        (home / "team" / "token").write_text("in")
        (home / "team" / "sub" / "token").write_text("in")
        (home / "team" / "in").symlink_to("sub/token")
        write_config(config, '[allow]\nfiles = ["~/team"]\n')
        resolver = make({"key": f"${{file:{path}}}"}, shared=True)
        assert resolver.resolved(resolver.stack.artifact_store).values["key"] == "in"

    @pytest.mark.parametrize(
        "path", ["~/team/../secret", "~/team/out", "~/team/away/secret", "~/team-too/x", "~/secret"]
    )
    def test_no_link_and_no_dots_lead_out(self, make: Make, home: Path, config: Path, path: str) -> None:
        (home / "team").mkdir()
        (home / "team-too").mkdir()
        (home / "team-too" / "x").write_text(SECRET)
        (home / "secret").write_text(SECRET)
        (home / "team" / "out").symlink_to(home / "secret")
        (home / "team" / "away").symlink_to(home)
        write_config(config, '[allow]\nfiles = ["~/team"]\n')
        make({"key": f"${{file:{path}}}"}, shared=True)
        assert not is_allowed()

    def test_a_link_that_is_changed_after_it_was_looked_at(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (home / "team").mkdir()
        (home / "team" / "token").write_text("in")
        (home / "secret").write_text(SECRET)
        opened = os.open

        def exchanged(path: str, *arguments: Any) -> int:
            return opened(str(home / "secret"), *arguments)

        monkeypatch.setattr(os, "open", exchanged)
        with pytest.raises(sources.Unresolvable, match="really somewhere else"):
            sources.file_content(str(home / "team" / "token"), [str(home / "team")])

    def test_variables_of_flavors(self, zprof: Zprof, config: Path) -> None:
        def is_allowed(name: str) -> bool:
            stack = library.active_stack()
            return Resolver(library.active_profile(), stack, str(config)).is_allowed_variable(name)

        assert not is_allowed("TEAM_URL")
        write_config(config, '[allow]\nvariables = ["TEAM_URL"]\n')
        assert is_allowed("TEAM_URL")
        assert not is_allowed("TEAM_UR")


class TestFile:
    @pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
    def test_one_that_others_can_write_is_refused(self, zprof: Zprof, config: Path, mode: int) -> None:
        write_config(config, '[allow]\nenv = ["A"]\n', mode)
        with pytest.raises(Refused, match="Other users can write"):
            allowances(str(config))
        with pytest.raises(Refused, match="Other users can write"):
            approve(str(config), [Approval("a", "b", "c")])

    def test_one_in_a_directory_that_others_can_write_is_refused(self, zprof: Zprof, config: Path) -> None:
        write_config(config, '[allow]\nenv = ["A"]\n')
        config.chmod(0o770)
        with pytest.raises(Refused, match=f"Other users can write {config}: its mode is 0770"):
            allowances(str(config))

    def test_a_pipe_keeps_nobody_waiting(self, zprof: Zprof, config: Path) -> None:
        os.mkfifo(config / "config.toml")
        with pytest.raises(Refused, match="not a regular file"):
            allowances(str(config))

    def test_a_link_and_another_users_are_refused(
        self, zprof: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write_config(config, "")
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(Refused, match="belongs to another user"):
            allowances(str(config))
        monkeypatch.undo()
        path.rename(home / "elsewhere.toml")
        path.symlink_to(home / "elsewhere.toml")
        with pytest.raises(Refused, match="symbolic link"):
            allowances(str(config))

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("[allow]\nenvs = ['A']\n", "did you mean 'env'"),
            ("[allow]\nenv = 'A'\n", "must be a list of names"),
            ("[allow]\nenv = [5]\n", "must be a list of names"),
            ("[allow]\nfiles = ['team']\n", "must be absolute"),
            ("allow = 5\n", "must be a table"),
            ("approval = 5\n", "must be a list of tables"),
            ("[[approval]]\nstore = 'a'\n", "has no store"),
            ("nonsense", "is not valid"),
        ],
    )
    def test_what_cannot_be_meant(self, zprof: Zprof, config: Path, text: str, why: str) -> None:
        write_config(config, text)
        with pytest.raises(ZprofError, match=why):
            allowances(str(config))

    def test_what_a_person_wrote_stays(self, zprof: Zprof, config: Path) -> None:
        by_hand = '# mine\n[allow]   # by hand\nenv = [\n  "A",  # the first\n]\n\n[newer]\nx = 1\n'
        path = write_config(config, by_hand)
        one, two = Approval("s", "alerter/a", "c1", at="t"), Approval("s", "alerter/b", "c2", "m", "t")
        approve(str(config), [one, two])
        assert allowances(str(config)).approvals == (one, two)
        assert path.read_text().startswith(by_hand)
        path.write_text(path.read_text() + "\n# at the end\n[last]\ny = 2\n")
        assert revoke(str(config), lambda each: each.component == "alerter/b") == [two]
        assert path.read_text() == by_hand + (
            '\n[[approval]]\nstore = "s"\ncomponent = "alerter/a"\ncontents = "c1"\nat = "t"\n'
            "\n# at the end\n[last]\ny = 2\n"
        )
        assert revoke(str(config), lambda each: True) == [one]
        assert path.read_text() == by_hand + "\n# at the end\n[last]\ny = 2\n"
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_new_approval_takes_the_place_of_an_old_one(self, zprof: Zprof, config: Path) -> None:
        approve(str(config), [Approval("s", "alerter/a", "c1"), Approval("s", "alerter/b", "c1")])
        approve(str(config), [Approval("s", "alerter/a", "c2")])
        assert {(each.component, each.contents) for each in allowances(str(config)).approvals} == {
            ("alerter/a", "c2"), ("alerter/b", "c1"),
        }  # fmt: skip

    def test_what_zprof_cannot_change_it_leaves(self, zprof: Zprof, config: Path) -> None:
        path = write_config(config, "approval = []\n")
        with pytest.raises(ZprofError, match=r"zprof can't edit .* the way it is written"):
            approve(str(config), [Approval("s", "c", "d")])
        misleading = 'x = """\n[[approval]]\n"""\n[[approval]]\nstore = "a"\ncomponent = "b"\ncontents = "c"\n'
        write_config(config, misleading)
        with pytest.raises(ZprofError, match=r"zprof can't edit .* the way it is written"):
            revoke(str(config), lambda each: True)
        assert path.read_text() == misleading

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_any_text_goes_into_toml(self, text: str) -> None:
        import tomllib

        assert tomllib.loads(f"x = {in_toml(text)}\n") == {"x": text}
