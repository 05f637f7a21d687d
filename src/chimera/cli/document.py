"""What `--json` prints: exactly one document on stdout."""

import json
import sys
from collections.abc import Mapping


def print_json(document: Mapping[str, object]) -> None:
    """The document on one line; names stay readable in any script."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
