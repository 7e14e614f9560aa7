"""A whole profile as one thing: compared with another, written as a document, and read from one."""
