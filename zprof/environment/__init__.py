"""The environment of a program that is run with a stack: which variables it gets, and which it does without."""
