"""One database file: opening it, taking turns, its errors, copies and faults."""
