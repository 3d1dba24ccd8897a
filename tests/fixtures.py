# SPDX-License-Identifier: Apache-2.0
"""fixtures.py FIXTURES: every seed is named in FIXTURES/README.md, in the section of its folder."""

import pathlib
import re
import sys

fixtures = pathlib.Path(sys.argv[1])
sections = dict(re.findall(r"(?ms)^## (\S+)/$(.*?)(?=^## |\Z)",
                           (fixtures / "README.md").read_text(encoding="utf-8")))
folders = [each for each in fixtures.iterdir() if each.is_dir()]
seeds = [each for folder in folders if folder.name not in ("recipes", "images")
         for each in folder.iterdir() if each.name != "meson.build"]
unnamed = []
for seed in sorted(seeds):
    names = set(re.findall(r"`([^`]+)`", sections.get(seed.parent.name, "")))
    if not names & {seed.name, seed.stem}:
        unnamed.append(f"{seed.parent.name}/{seed.name}")

if len(seeds) < 100:
    sys.exit(f"only {len(seeds)} seeds below {fixtures}: that is not the folder of fixtures")
if unnamed:
    sys.exit("not named in README.md, in the section of its folder: " + " ".join(unnamed))
print(f"{len(seeds)} seeds, each named in its section")
