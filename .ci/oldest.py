"""Print the oldest supported dependencies as pins, from pyproject.toml's bounds."""

import tomllib
from pathlib import Path

pyproject = Path(__file__).parents[1] / "pyproject.toml"
project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
print(*(dependency.replace(">=", "==") for dependency in project["dependencies"]))
