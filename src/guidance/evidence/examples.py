"""Fetch an example by its path: ``examples/`` is on nobody's import path."""

import importlib.util
import sys
from types import ModuleType

from guidance.evidence.recorder import RECORDER
from guidance.paths import EXAMPLES, relative


def load_example(name: str) -> ModuleType:
    """Import ``examples/<name>`` anew and return the module.

    Call it in a test: the import is then charged to that test.

    Raises:
        FileNotFoundError: if there is no such example.
    """
    path = EXAMPLES / name
    unique = "example_" + name.removesuffix(".py").replace("/", "_").replace("-", "_")
    spec = importlib.util.spec_from_file_location(unique, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise FileNotFoundError(f"there is no example {name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module  # dataclasses look their module up
    RECORDER.loaded(relative(path))
    spec.loader.exec_module(module)
    return module
