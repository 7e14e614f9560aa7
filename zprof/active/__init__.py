"""Which profile and which stack are in effect, and why; switching to others."""
