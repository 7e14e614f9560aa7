"""The command line: everything that imports click. A command parses, makes one call and prints once."""
