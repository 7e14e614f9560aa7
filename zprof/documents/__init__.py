"""JSON and YAML that a person or another program wrote, read within bounds."""
