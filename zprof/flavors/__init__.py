"""What a component may be configured with: the built-in flavors as data, and the rules of their attributes.

`catalog` has the flavors, `config` reads and shows configs, `normalisation` brings one into the form that is stored,
`check` refuses what breaks a schema, and `refusal` has the words for it. Only `check` imports jsonschema_rs.
"""
