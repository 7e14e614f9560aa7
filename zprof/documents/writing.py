"""JSON values as YAML that every reader of YAML 1.1 or 1.2 reads as the same values.

The two versions differ in which plain text is a number, a boolean or nothing, and readers differ from both: PyYAML
takes `3e5` for text and Go's yaml.v3 takes it for a number; `y` is true in YAML 1.1 and text in PyYAML. So whatever is
more than text to any of them is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MORE_THAN_TEXT = re.compile(r"[-+]?[.0-9].*|~|=|<<|null|true|false|yes|no|on|off|y|n", re.I | re.S)
"""What some reader takes for a number, a date, a boolean or nothing, and some for text."""


def yaml_text(document: Mapping[str, Any]) -> str:
    """A document as YAML, in ASCII, its keys in their order.

    Args:
        document: of values that JSON has a form for.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        """The safe dumper, which quotes what it has to, and what others would need to have quoted."""

        def ignore_aliases(self, data: Any) -> bool:
            return True  # what is there twice is written twice, since anchors are not read

    def text(dumper: Dumper, value: str) -> yaml.ScalarNode:
        quote = "'" if MORE_THAN_TEXT.fullmatch(value) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=quote)

    Dumper.add_representer(str, text)
    # Those of records are classes of their own.
    Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
    Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
    return str(yaml.dump(document, Dumper=Dumper, sort_keys=False, width=float("inf")))
