"""What `make sql` writes: statements and schemas."""
