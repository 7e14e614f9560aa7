"""References of a stack's components: what they stand for here, and which of them a store of others may use.

`resolving` puts the rest together. `origin` says whether a store is trusted, `allowances` and `allowing` read and write
what this user allows (`config.toml`), `sources`, `secrets_files` and `managers` have the values.
"""
