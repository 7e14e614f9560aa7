"""Tests in real shells, which `make shells` runs: bash and zsh, and fish where it is installed."""
