"""One profile's stacks, components, flavors, ties and log."""
