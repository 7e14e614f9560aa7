"""The log of a database, of a store or of the registry: written with each change, read, taken back, and shortened."""
