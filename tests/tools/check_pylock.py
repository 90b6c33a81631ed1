"""Asks Python's `packaging` (26.1 or newer) whether it takes our locks for valid.

Not part of the hermetic test run: python tests/tools/check_pylock.py fixtures/locks/*/*.toml
"""

import sys
import tomllib

from packaging.pylock import Pylock

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        lock = Pylock.from_dict(tomllib.load(file))
    print(f"{path}: valid, {len(lock.packages)} packages")
