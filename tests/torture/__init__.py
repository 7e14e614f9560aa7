"""A campaign against zprof, in numbers: writers at once, kills, races and damaged databases: `make torture`."""
