"""The registry: one user's profiles, and making, cloning, renaming and deleting them."""
