"""Evidence: what the examples on the pages really did when the tests ran them."""

from guidance.evidence.claims import prove, prove_file
from guidance.evidence.examples import load_example
from guidance.evidence.notebooks import run_notebook
from guidance.evidence.outputs import assert_output
from guidance.evidence.shell import ShellResult, run_shell
from guidance.evidence.terraform import prove_plan, prove_tests
from guidance.evidence.twins import twins
from guidance.evidence.validate import validate_schema

__all__ = [
    "ShellResult",
    "assert_output",
    "load_example",
    "prove",
    "prove_file",
    "prove_plan",
    "prove_tests",
    "run_notebook",
    "run_shell",
    "twins",
    "validate_schema",
]
