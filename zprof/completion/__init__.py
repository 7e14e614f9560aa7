"""What a shell offers at a Tab: the words of the command line, and the names that there are."""
