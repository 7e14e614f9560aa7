"""A campaign against zprof, in numbers: writers, kills, races, hostile and damaged databases: `make torture`."""
