"""What every command logs, and what its logs never hold."""

import subprocess
import sys

PROGRAM = """
import sys
import structlog
from chimera.cli.app import main

sys.argv = ["chimera", "--version"]
try:
    main()
except SystemExit:
    pass
try:
    token = "told-" + "nobody"
    raise ValueError("no such thing")
except ValueError as error:
    structlog.get_logger().error("failed", exc_info=error)
"""


def test_an_error_in_any_command_is_logged_in_one_line_without_the_values_of_variables() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.count("\n") == 1
    assert "no such thing" in done.stderr
    assert "told-nobody" not in done.stderr
