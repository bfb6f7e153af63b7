"""Print the interpreters of this machine for the versions that pyproject.toml names.

Without an option the path of the lowest one; with --others a line for each version but that of this interpreter: the
version, and its path where there is one. They are looked for on the PATH and where pyenv and uv keep theirs."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
KEPT = (".pyenv/versions/{}.*/bin/python", ".local/share/uv/python/cpython-{}.*/bin/python3")


def named() -> list[str]:
    """Versions such as "3.11", from the lowest on."""
    found = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", x) for x in PROJECT["classifiers"]]
    return [x[1] for x in found if x]


def interpreter(version: str) -> str:
    """The path of an interpreter of this version that runs; empty where there is none."""
    if version == own():
        return sys.executable
    on_path = [x for x in [shutil.which(f"python{version}")] if x]
    kept = [str(x) for pattern in KEPT for x in sorted(Path.home().glob(pattern.format(version)))]
    return next((x for x in [*on_path, *kept] if runs(x, version)), "")


def runs(path: str, version: str) -> bool:
    """Whether it is what its name says: pyenv has names on the PATH that lead nowhere."""
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return told.stdout.startswith(f"Python {version}.")


def own() -> str:
    """The version of this interpreter."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


if "--others" in sys.argv:
    for version in named():
        if version != own():
            print(version, interpreter(version))
else:
    lowest = interpreter(named()[0])
    sys.exit(f"Python {named()[0]} is not on this machine") if not lowest else print(lowest)
