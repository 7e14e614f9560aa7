"""`zprof undo` and `zprof redo`: what they say, what they refuse, and what they leave."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import NewStore, Zprof
from postgresql_server import Server
from test_crash import killed

import zprof as library
from zprof.errors import CantUndo, DamagedFile, NothingToUndo, Refused
from zprof.generated import statements as sql

TRIO = ("-o", "default", "-a", "default", "-m", "default")
DOCKER = ("-f", "local_docker")


def done(zprof: Zprof, *commands: tuple[str, ...]) -> None:
    for words in commands:
        got = zprof(*words)
        assert got.code == 0, (words, got.err)


def names(zprof: Zprof, *words: str) -> list[str]:
    return zprof("-q", *words, "-o", "name").out.split()


def log(profile: str = "default") -> list[tuple[Any, ...]]:
    """The operations of a store, the newest last."""
    with library.open_profile(profile) as store:
        found, number = [], 1
        while rows := store._database.ask(sql.OPERATION(number=number))[0]:
            found.append(rows[0])
            number += 1
        return found


def id_of(command: str, profile: str = "default") -> str:
    """The id of the newest operation of a command."""
    return str(next(row[1] for row in reversed(log(profile)) if row[4] == command))


@pytest.mark.on_both
def test_undo_walks_back_and_redo_forward(zprof: Zprof) -> None:
    done(
        zprof,
        ("orchestrator", "register", "k", *DOCKER, "--docker_parent_image=a"),
        ("orchestrator", "update", "k", "--docker_parent_image=b"),
        ("stack", "register", "prod", "-o", "k", "-a", "default", "-m", "default"),
        ("orchestrator", "rename", "k", "moby"),
    )
    got = zprof("-q", "undo")
    assert got == (0, "", "")
    assert names(zprof, "orchestrator", "list") == ["default", "k"]
    got = zprof("undo")
    assert got.err.splitlines()[2:] == [
        "Removed the stack 'prod'.",
        got.err.splitlines()[3],
        "To undo that, run `zprof redo`.",
    ]
    assert got.err.splitlines()[3].startswith("Undid 'zprof stack register prod -o k -a default -m default' of ")
    done(zprof, ("undo",))
    assert "docker_parent_image=a" in zprof("orchestrator", "list").out
    done(zprof, ("undo",))
    assert names(zprof, "orchestrator", "list") == ["default"]
    for _ in range(4):
        done(zprof, ("redo",))
    assert names(zprof, "orchestrator", "list") == ["default", "moby"]
    got = zprof("redo")
    assert (got.code, got.err.splitlines()[-2]) == (4, "Error: There is nothing to redo.")


@pytest.mark.on_both
def test_a_change_ends_the_redo_line(zprof: Zprof) -> None:
    done(zprof, ("orchestrator", "register", "k", *DOCKER), ("undo",), ("orchestrator", "register", "m", *DOCKER))
    got = zprof("redo")
    assert got.code == 4
    assert "The newest operation is 'zprof orchestrator register m -f local_docker'" in got.err
    done(zprof, ("undo",))
    assert names(zprof, "orchestrator", "list") == ["default"]


@pytest.mark.on_both
def test_revisions_count_on(zprof: Zprof) -> None:
    """A revision that somebody has seen never comes back with other contents."""
    done(
        zprof,
        ("orchestrator", "register", "k", *DOCKER),
        ("orchestrator", "update", "k", "--docker_parent_image=b"),
        ("orchestrator", "delete", "k", "-y"),
        ("undo",),
    )
    update = ("orchestrator", "update", "k", "--docker_parent_image=c", "--if-revision")
    assert zprof(*update, "2").code == 4
    with library.open_profile("default") as store:
        assert store.component("orchestrator", "k").revision == 3
        place = store.component("orchestrator", "k").place
        seen = [3]
        for step in (store.undo, store.undo, store.redo, store.undo, store.redo, store.redo, store.redo):
            step()
            if "k" in [each.name for each in store.components("orchestrator")]:
                found = store.component("orchestrator", "k")
                assert found.place == place
                seen.append(found.revision)
    assert seen == sorted(set(seen))
    for revision in seen:
        assert zprof(*update, str(revision)).code in (3, 4)


def test_a_thing_that_is_made_again_from_an_older_operation_counts_on(zprof: Zprof) -> None:
    """The log's newest row of a name tells the highest revision, not the row that is taken back."""
    deleting = "zprof orchestrator delete k -y"
    done(zprof, ("orchestrator", "register", "k", *DOCKER), tuple(deleting.split()[1:]))
    first = id_of(deleting)
    done(zprof, ("undo",), ("orchestrator", "update", "k", "--docker_parent_image=b"), tuple(deleting.split()[1:]))
    done(zprof, ("undo", first[:8]))
    with library.open_profile("default") as store:
        found = store.component("orchestrator", "k")
    assert (found.revision, dict(found.config)) == (4, {})


@pytest.mark.on_both
def test_an_older_one_is_taken_back_if_nothing_came_over_it(zprof: Zprof) -> None:
    first = "zprof orchestrator register k -f local_docker"
    done(
        zprof,
        tuple(first.split()[1:]),
        ("orchestrator", "register", "m", *DOCKER),
        ("stack", "register", "prod", "-o", "k", "-a", "default", "-m", "default"),
    )
    got = zprof("undo", id_of(first)[:8])
    assert got.code == 4
    assert f"Error: '{first}'" in got.err
    assert "is used by the stack 'prod'. See 'zprof stack register prod" in got.err
    done(zprof, ("stack", "delete", "prod", "-y"), ("undo", id_of(first)[:8]))
    assert names(zprof, "orchestrator", "list") == ["default", "m"]
    assert log()[-1][5:][:2] == ("undo", 2)
    done(zprof, ("undo",))
    assert names(zprof, "orchestrator", "list") == ["default", "k", "m"]


@pytest.mark.parametrize(
    ("command", "later", "problem"),
    [
        (
            "orchestrator update k --docker_parent_image=b",
            "orchestrator update k --docker_parent_image=c",
            "The orchestrator 'k' has changed since.",
        ),
        ("orchestrator register m -f local_docker", "orchestrator rename m n",
         "The orchestrator 'm' has changed since."),
        ("orchestrator delete spare -y", "orchestrator register spare -f local",
         "Another orchestrator 'spare' exists now."),
        ("stack update s -o k", "orchestrator rename spare other",
         "would need the orchestrator 'spare', which no longer exists."),
        ("orchestrator rename k m", "orchestrator register k -f local", "Another orchestrator 'k' exists now."),
        ("stack delete s -y", "orchestrator delete spare -y",
         "would need the orchestrator 'spare', which no longer exists."),
        ("alerter flavor delete pager -y", "alerter flavor register pager --schema b.json",
         "Another alerter flavor 'pager' exists now."),
        ("alerter delete duty -y", "alerter flavor delete pager -y",
         "would need the flavor 'pager', which no longer exists."),
        ("alerter flavor register two --schema b.json", "alerter register x -f two", "uses the flavor 'two'."),
        (
            "stack delete s -y",
            "stack register t -o k -a default -m runs --decouple-stores",
            "are tied now.",
        ),
    ],
)  # fmt: skip
def test_an_older_one_is_refused_where_a_later_one_stands_against_it(
    zprof: Zprof, home: Path, command: str, later: str, problem: str
) -> None:
    (home / "a.json").write_text('{"properties": {}}')
    (home / "b.json").write_text('{"properties": {"x": {}}}')
    done(
        zprof,
        ("orchestrator", "register", "k", *DOCKER),
        ("orchestrator", "register", "spare", *DOCKER),
        ("metadata-store", "register", "runs", "-f", "sqlite"),
        ("stack", "register", "s", "-o", "spare", "-a", "default", "-m", "default"),
        ("alerter", "flavor", "register", "pager", "--schema", "a.json"),
    )
    if "alerter delete" in command:
        done(zprof, ("alerter", "register", "duty", "-f", "pager"))
    if "spare -y" in command:
        done(zprof, ("stack", "delete", "s", "-y"))
    done(zprof, tuple(command.split()), tuple(later.split()))
    before = library.open_profile("default").stacks(), log()
    got = zprof("undo", id_of(f"zprof {command}")[:8])
    assert got.code == 4
    assert problem in got.err
    assert f"'zprof {command}' by " in got.err
    assert f"See 'zprof {later}'" in got.err
    assert (library.open_profile("default").stacks(), log()) == before


def test_a_tie_is_kept_for_another_stack(zprof: Zprof) -> None:
    done(
        zprof,
        ("metadata-store", "register", "runs", "-f", "sqlite"),
        ("artifact-store", "register", "s3", "-f", "local"),
        ("stack", "register", "one", "-o", "default", "-a", "s3", "-m", "runs"),
        ("stack", "register", "two", "-o", "default", "-a", "s3", "-m", "runs"),
    )
    done(zprof, ("undo", id_of("zprof stack register one -o default -a s3 -m runs")[:8]))
    assert names(zprof, "stack", "list") == ["default", "two"]
    assert zprof("stack", "register", "x", "-o", "default", "-a", "s3", "-m", "default").code == 4


@pytest.mark.on_both
def test_a_later_component_keeps_to_the_flavor_that_comes_back(zprof: Zprof, tmp_path: Path) -> None:
    file, document = tmp_path / "schema.json", tmp_path / "all.json"
    file.write_text('{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}')
    done(zprof, ("alerter", "flavor", "register", "pager", "--schema", str(file)))
    document.write_text(zprof("-q", "export", "-o", "json").out.replace('"a": {', '"b": {"type": "string"}, "a": {'))
    done(
        zprof,
        ("apply", "-f", str(document), "-y"),
        ("alerter", "register", "duty", "-f", "pager", "--a=1"),
    )
    applied = id_of(f"zprof apply -f {document} -y")
    done(zprof, ("undo", applied), ("undo",), ("alerter", "update", "duty", "--b=1"))
    got = zprof("-q", "undo", applied)
    assert got.code == 4
    assert "The alerter 'duty' would no longer match its flavor." in got.err
    assert "See 'zprof alerter update duty --b=1'" in got.err
    assert zprof("alerter", "update", "duty", "--b=2").code == 0


@pytest.mark.on_both
def test_a_thing_that_gets_back_a_name_counts_on_from_what_had_it_meanwhile(zprof: Zprof) -> None:
    done(
        zprof,
        ("orchestrator", "register", "k", *DOCKER),
        ("orchestrator", "rename", "k", "moby"),
        ("orchestrator", "register", "k", *DOCKER),
        ("orchestrator", "update", "k", "--docker_parent_image=a"),
        ("orchestrator", "update", "k", "--docker_parent_image=b"),
        ("orchestrator", "delete", "k", "-y"),
    )
    done(zprof, ("undo", id_of("zprof orchestrator rename k moby")))
    assert zprof("orchestrator", "update", "k", "--docker_parent_image=c", "--if-revision", "3").code == 4
    assert json.loads(zprof("-q", "orchestrator", "describe", "k", "-o", "json").out)["revision"] == 4


@pytest.mark.on_both
def test_anothers_operation_needs_others(zprof: Zprof, config: Path) -> None:
    done(zprof, ("orchestrator", "register", "k", *DOCKER))
    with library.open_profile("default") as store:
        monkey = pytest.MonkeyPatch()
        monkey.setattr("zprof.history.standing.user_at_host", lambda: "eve@elsewhere")
        with pytest.raises(Refused, match="was done by"):
            store.undo()
        assert len(store.components("orchestrator")) == 2
        store.undo(others=True)
        monkey.undo()
        assert len(store.components("orchestrator")) == 1
    monkey.setattr("zprof.history.standing.user_at_host", lambda: "eve@elsewhere")
    got = zprof("redo")
    monkey.undo()
    assert got.code == 7
    assert "--others" in got.err
    assert zprof("redo").code == 0


def test_a_hand_that_came_between_is_seen(zprof: Zprof, config: Path) -> None:
    done(zprof, ("orchestrator", "register", "k", *DOCKER))
    with closing(sqlite3.connect(config / "profiles/default.db")) as store, store:
        store.execute("""UPDATE component SET config = '{"docker_parent_image": "x"}' WHERE name = 'k'""")
    got = zprof("undo")
    assert got.code == 4
    assert "The orchestrator 'k' has changed since." in got.err
    assert names(zprof, "orchestrator", "list") == ["default", "k"]


@pytest.mark.parametrize(
    "wrong",
    [
        """UPDATE change SET after = '{"type": 1}' WHERE id = (SELECT max(id) FROM change)""",
        """UPDATE change SET after = '{"type": "x", "name": "k", "flavor": "local", "config": {}}'
           WHERE id = (SELECT max(id) FROM change)""",
        "UPDATE change SET after = NULL, before = NULL WHERE id = (SELECT max(id) FROM change)",
    ],
)
def test_a_log_of_a_hand_is_told(zprof: Zprof, config: Path, wrong: str) -> None:
    done(zprof, ("orchestrator", "register", "k", *DOCKER))
    with closing(sqlite3.connect(config / "profiles/default.db")) as store, store:
        store.execute(wrong)
    got = zprof("undo")
    assert got.code == DamagedFile("").exit_code
    assert names(zprof, "orchestrator", "list") == ["default", "k"]


def test_a_protected_profile_refuses_both(zprof: Zprof) -> None:
    done(zprof, ("orchestrator", "register", "k", *DOCKER), ("profile", "protect", "default"))
    assert zprof("undo").code == 7
    assert zprof("undo", "--dry-run").code == 0
    done(zprof, ("undo", "--confirm", "default"))
    assert zprof("redo").code == 7
    done(zprof, ("redo", "--confirm", "default"))


def test_dry_run_shows_the_plan_and_does_nothing(zprof: Zprof) -> None:
    done(zprof, ("stack", "register", "prod", *TRIO, "--set"))
    before = log()
    got = zprof("-q", "undo", "--dry-run")
    assert got.err == ""
    assert got.out.splitlines()[1:] == [
        "    Would remove the stack 'prod'.",
        "    The profile 'default' would have the stack 'default' active again.",
    ]
    found = json.loads(zprof("undo", "--dry-run", "--output", "json").out)
    assert [(item["verb"], item["thing"], item["name"]) for item in found["items"]] == [
        ("remove", "stack", "prod"),
        ("change", "profile", "default"),
    ]
    assert log() == before
    assert names(zprof, "stack", "get") == ["prod"]


def test_what_changed_both_databases_is_taken_back_in_both(zprof: Zprof) -> None:
    done(zprof, ("stack", "register", "prod", *TRIO, "--set"), ("stack", "rename", "prod", "live"))
    for word, stack in (
        ("undo", "prod"), ("undo", "default"), ("redo", "prod"), ("redo", "live"), ("undo", "prod"),
    ):  # fmt: skip
        done(zprof, (word,))
        assert names(zprof, "stack", "get") == [stack]
    registry = library.open_registry()
    ours = registry.ask(sql.NEWEST_OPERATION())[0][0]
    assert (ours[1], ours[5]) == (log()[-1][1], "undo")


def test_an_active_stack_does_not_vanish(zprof: Zprof) -> None:
    done(zprof, ("stack", "register", "prod", *TRIO), ("stack", "set", "prod"))
    got = zprof("undo")
    assert got.code == 7
    assert "The stack 'prod' is in use" in got.err
    assert names(zprof, "stack", "list") == ["default", "prod"]
    done(zprof, ("stack", "set", "default"), ("undo",))


def test_a_repository_keeps_a_stack_and_follows_its_name(zprof: Zprof) -> None:
    done(zprof, ("init",), ("stack", "register", "prod", *TRIO), ("stack", "set", "prod"))
    assert zprof("undo").code == 7
    done(zprof, ("stack", "rename", "prod", "live"), ("undo",))
    assert names(zprof, "stack", "get") == ["prod"]


@pytest.mark.on_both
def test_a_clone_begins_with_a_floor(zprof: Zprof, new_store: NewStore) -> None:
    done(
        zprof,
        ("orchestrator", "register", "k", *DOCKER),
        ("profile", "create", "copy", *new_store(), "--from", "default"),
    )
    got = zprof("-p", "copy", "undo")
    assert got.code == 4
    assert "undo stops at 'zprof profile create copy" in got.err
    assert "run `zprof profile delete copy`" in got.err
    assert zprof("-p", "copy", "undo", id_of("zprof orchestrator register k -f local_docker")[:8]).code == 4
    done(zprof, ("-p", "copy", "orchestrator", "delete", "k", "-y"), ("-p", "copy", "undo"))
    assert names(zprof, "-p", "copy", "orchestrator", "list") == ["default", "k"]


def test_a_store_of_another_kind_begins_with_a_floor(zprof: Zprof, postgresql: Server) -> None:
    done(
        zprof,
        ("orchestrator", "register", "k", *DOCKER),
        ("profile", "create", "far", "--url", postgresql.url(postgresql.new_schema()), "--from", "default"),
        ("profile", "create", "back", "--from", "far"),
    )
    for name in ("far", "back"):
        assert "undo stops at 'zprof profile create" in zprof("-p", name, "undo").err


def test_a_restored_store_begins_with_a_floor(zprof: Zprof) -> None:
    done(
        zprof,
        ("db", "backup", "copy.db"),
        ("orchestrator", "register", "k", *DOCKER),
        ("db", "restore", "copy.db", "-y"),
    )
    got = zprof("undo")
    assert got.code == 4
    line = got.err.split("run `zprof ")[1].split("`")[0]
    done(zprof, (*line.split(), "-y"))
    assert names(zprof, "orchestrator", "list") == ["default", "k"]


@pytest.mark.parametrize(
    "words",
    [
        ("profile", "create", "copied", "--from", "default"),
        ("stack", "copy", "create", "restore"),
    ],
)
def test_an_upgrade_is_never_taken_for_the_making_of_the_store(
    zprof: Zprof, config: Path, words: tuple[str, ...]
) -> None:
    zprof("stack", "list")
    store = config / "profiles" / "default.db"
    store.unlink()
    with closing(sqlite3.connect(store)) as connection:
        connection.executescript((Path(__file__).parent / "released" / "store-5.sql").read_text())
    zprof(*words)
    for copy in (config / "backups").iterdir():
        copy.unlink()
    with closing(sqlite3.connect(store)) as connection:
        connection.execute(
            "DELETE FROM operation WHERE number > (SELECT max(number) FROM operation WHERE kind='floor')"
        )
        connection.commit()
    got = zprof("-q", "undo")
    assert "It restored or upgraded this store, and there is no copy of the earlier state." in got.err


def test_a_restored_profile_begins_with_a_floor(zprof: Zprof) -> None:
    done(
        zprof,
        ("profile", "create", "other"),
        ("-p", "other", "orchestrator", "register", "k", *DOCKER),
        ("profile", "delete", "other", "-y"),
        ("profile", "restore", "other"),
    )
    assert "undo stops at 'zprof profile restore other'" in zprof("-p", "other", "undo").err


def test_the_registry_is_undone(zprof: Zprof) -> None:
    done(
        zprof,
        ("profile", "create", "other"),
        ("profile", "set", "other"),
        ("profile", "rename", "other", "another"),
        ("profile", "protect", "another"),
        ("stack", "register", "prod", *TRIO, "--confirm", "another"),
        ("stack", "set", "prod"),
    )
    for _ in range(4):
        done(zprof, ("undo", "--registry"))
    assert names(zprof, "profile", "get") == ["default"]
    assert library.open_registry().profile("other").active_stack == "default"
    got = zprof("undo", "--registry")
    assert got.code == 4
    assert "To delete 'other', run `zprof profile delete other`." in got.err
    for _ in range(4):
        done(zprof, ("redo", "--registry"))
    found = library.open_registry().profile("another")
    assert (found.is_active, found.is_protected, found.active_stack) == (True, True, "prod")


def test_an_older_one_of_the_registry_is_refused_where_a_later_one_stands_against_it(zprof: Zprof) -> None:
    done(
        zprof,
        ("stack", "register", "prod", *TRIO),
        ("profile", "create", "other"),
        ("stack", "set", "prod"),
        ("profile", "set", "other"),
        ("profile", "rename", "default", "former"),
        ("profile", "create", "DEFAULT"),
    )
    operations = json.loads(zprof("log", "--registry", "-o", "json").out)["items"]
    ids = {each["command"]: each["id"] for each in operations}
    got = zprof("-q", "undo", "--registry", ids["zprof stack set prod"])
    assert got.code == 4
    assert "'zprof stack set prod' by " in got.err
    assert "The profile 'default' has changed since. See 'zprof profile rename default former' by " in got.err
    got = zprof("-q", "undo", "--registry", ids["zprof profile rename default former"])
    assert got.code == 4
    assert "There is another profile 'DEFAULT' now. See 'zprof profile create DEFAULT' by " in got.err


def test_a_profile_does_not_come_or_go(zprof: Zprof) -> None:
    done(zprof, ("profile", "create", "other"), ("profile", "delete", "other", "-y"))
    got = zprof("undo", "--registry")
    assert got.code == 4
    assert "To restore 'other', run `zprof profile restore other`." in got.err
    done(zprof, ("profile", "create", "far", "--url", "far.db"), ("profile", "delete", "far", "-y"))
    assert "run `zprof profile create far --url " in zprof("undo", "--registry").err


def test_the_registry_does_not_leave_the_store(zprof: Zprof) -> None:
    """What one operation did in both is not taken back in the registry alone, where that would lead nowhere."""
    done(zprof, ("stack", "rename", "default", "renamed"))
    got = zprof("undo", "--registry")
    assert got.code == 4
    assert "The profile 'default' has no stack 'default'" in got.err
    assert names(zprof, "stack", "get") == ["renamed"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "words"),
    [
        ((("stack", "register", "new", *TRIO, "--set"),), ("undo",)),
        ((("stack", "rename", "default", "renamed"),), ("undo",)),
        ((("stack", "rename", "default", "renamed"), ("undo",)), ("redo",)),
        ((("stack", "register", "new", *TRIO, "--set"), ("undo",)), ("redo",)),
    ],
)
def test_doctor_finishes_what_a_kill_cut(
    zprof: Zprof, config: Path, before: tuple[tuple[str, ...], ...], words: tuple[str, ...]
) -> None:
    done(zprof, ("stack", "register", "dev", *TRIO, "--set"), ("stack", "set", "default"), *before)
    whole = killed(config=str(config), words=words, probes=[("doctor", "-q")])
    fixed = killed(config=str(config), words=words, probes=[("doctor", "--fix", "-q")])
    last = whole[-1]["contents"]
    halves = [kill for kill in whole[:-1] if kill["contents"]["stores"] == last["stores"] != kill["contents"]]
    assert halves
    assert any("half_undone" in str(kill["probes_said"]) or kill["codes"] == [1] for kill in halves)
    for kill in fixed[:-1]:
        if kill["contents"]["stores"] == last["stores"]:
            assert kill["afterwards"]["profiles"] == last["profiles"], kill["probes_said"]


def test_the_library(zprof: Zprof) -> None:
    done(zprof, ("orchestrator", "register", "k", *DOCKER))
    with library.open_profile("default") as store:
        found = store.history.named(id_of("zprof orchestrator register k -f local_docker")[:6])
        taken = store.undo(found.id)
        assert [(step.verb, step.thing, step.short_name) for step in taken.reversals] == [
            ("remove", "orchestrator", "k")
        ]
        with pytest.raises(NothingToUndo):
            store.undo()
        store.redo()
        with store.change() as change:
            change.register_stack("s", {"orchestrator": "k", "artifact_store": "default", "metadata_store": "default"})
        with pytest.raises(CantUndo):
            store.undo(found.id)


def test_an_undo_is_no_operation_to_give(zprof: Zprof) -> None:
    done(zprof, ("orchestrator", "register", "k", *DOCKER), ("undo",), ("orchestrator", "register", "m", *DOCKER))
    undone = log()[2]
    assert undone[5] == "undo"
    assert "is itself an undo" in zprof("undo", undone[1][:8]).err
    assert "undo stops at" in zprof("undo", log()[0][1][:8]).err
    assert zprof("undo", "0" * 8).code == 3


FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
INSERT INTO {} SELECT {} FROM numbers
"""


def fill_log(store: sqlite3.Connection) -> None:
    """A log of 20,000 operations, each a change of the same stack, below the ones that are there."""
    store.execute("UPDATE operation SET number = number + 20000, takes_back = takes_back + 20000")
    store.execute("UPDATE operation SET previous = previous + 20000, undo_next = undo_next + 20000")
    store.execute("UPDATE operation SET redo_next = redo_next + 20000")
    operation = "n, printf('%032x', n), '', '', '', 'change', NULL, n - 1, n, NULL"
    store.execute(FILL.format("operation", operation))
    change = "n + 20000, printf('%032x', n), '', '', '', 'stack', 'prod', NULL, '{\"name\": \"prod\"}', NULL"
    store.execute("UPDATE change SET id = id + 100000")
    store.execute(FILL.format("change", change))


def steps_of(store: sqlite3.Connection, statement: str, parameters: dict[str, object]) -> int:
    """How many steps SQLite's machine takes for a statement."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    store.set_progress_handler(step, 1)
    store.execute(statement, parameters).fetchall()
    store.set_progress_handler(None, 1)
    return count


STEPS = [
    sql.NEWEST_OPERATION, sql.OPERATION_TO_UNDO, sql.CHANGES_TO_UNDO, sql.FIRST_TO_UNDO, sql.OPERATION_TO_REDO,
    sql.CHANGES_TO_REDO, sql.FIRST_TO_REDO, sql.OPERATION_BEFORE_REDO, sql.OPERATION_OF_ID, sql.FIRST_OF_ID,
    sql.LATEST_CHANGES, sql.LATEST_RENAMES,
]  # fmt: skip


def test_undo_costs_the_same_however_long_the_log_is(config: Path, zprof: Zprof) -> None:
    done(zprof, ("stack", "register", "prod", *TRIO), ("stack", "rename", "prod", "live"), ("undo",))
    parameters = {"operation_id": log()[-1][1], "kind": "stack", "names": '["prod", "live"]'}
    scan = "SELECT count(at) FROM change"
    with closing(sqlite3.connect(config / "profiles/default.db")) as store:
        texts = [*(statement.sqlite for statement in STEPS), scan]
        before = [steps_of(store, text, parameters) for text in texts]
        with store:
            fill_log(store)
        after = [steps_of(store, text, parameters) for text in texts]
    *grown, of_scan = [more / less for less, more in zip(before, after, strict=True)]
    assert max(grown) < 1.5
    assert of_scan > 1.5, "what looks through the log would be seen"
    done(zprof, ("redo",), ("undo",), ("undo",))
    assert names(zprof, "stack", "list") == ["default"]


def test_a_change_after_an_undo_says_that_redo_is_over(zprof: Zprof) -> None:
    over = "What was undone before can no longer be redone."
    register = ("orchestrator", "register")
    assert over not in zprof(*register, "one", "-f", "local").err
    zprof("undo")
    assert over in zprof(*register, "two", "-f", "local").err
    assert over not in zprof(*register, "three", "-f", "local").err
    assert "nothing to redo" in zprof("redo").err
    zprof("profile", "create", "other")
    for name in ("other", "default"):
        zprof("profile", "set", name)
    zprof("undo", "--registry")
    assert over in zprof("profile", "rename", "other", "another").err


def test_a_repository_follows_the_undo_of_a_profiles_new_name(zprof: Zprof, home: Path) -> None:
    zprof("profile", "create", "old")
    zprof("init")
    zprof("profile", "set", "old")
    assert zprof("profile", "rename", "old", "new").code == 0
    assert zprof("-q", "profile", "get").out == "new\n"
    assert zprof("undo", "--registry").code == 0
    assert zprof("-q", "profile", "get").out == "old\n"
    assert zprof("redo", "--registry").code == 0
    assert zprof("-q", "profile", "get").out == "new\n"
