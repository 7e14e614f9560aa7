"""Tests with programs that read a stack: `make clients`."""
