"""Changes to a profile's store, put together from the modules of what is changed.

To add one: write a function on an `Operation` in the module of its subject, and list it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zprof.store import bundles, components, flavors, reading, stacks
from zprof.store.operation import Operation

if TYPE_CHECKING:
    from zprof.store.planning import Plan, Planning


class StoreChange(Operation):
    """The changes of one transaction, under one operation of the log. Made by `Store.change()`.

    What it has changed so far is seen by its own reads, and by nobody else.
    """

    stack = reading.stack
    component = reading.component
    flavor = reading.flavor

    register_component = components.register_component
    register_components = components.register_components
    update_component = components.update_component
    rename_component = components.rename_component
    delete_component = components.delete_component

    register_stack = stacks.register_stack
    register_stacks = stacks.register_stacks
    update_stack = stacks.update_stack
    remove_from_stack = stacks.remove_from_stack
    rename_stack = stacks.rename_stack
    delete_stack = stacks.delete_stack

    register_flavor = flavors.register_flavor
    delete_flavor = flavors.delete_flavor

    add_bundle = bundles.add_bundle
    add_component = bundles.add_component
    missing_secrets = bundles.missing_secrets

    def apply(self, planning: Planning, shown: Plan) -> None:
        """See `zprof.store.applying.apply`."""
        from zprof.store.applying import (
            apply,  # with what reads and compares whole profiles, which no other change does
        )

        apply(self, planning, shown)
