"""How fast zprof is, against programs that people know and against its own limits: `make bench`."""
