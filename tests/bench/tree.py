"""tree.py: a copy of a built program that has only some of its plugins."""

import os
import shutil


def with_plugins(program, tree, keep):
    """The program in a build tree of its own, at `tree`; `keep(name)` says which plugins go along."""
    plugins = os.path.join(os.path.dirname(os.path.dirname(program)), 'plugins')
    os.makedirs(os.path.join(tree, 'src'))
    os.makedirs(os.path.join(tree, 'plugins'))
    shutil.copy2(program, os.path.join(tree, 'src', 'esuscan'))
    for name in os.listdir(plugins):
        if name.endswith('.so') and keep(name[:-3]):
            shutil.copy2(os.path.join(plugins, name), os.path.join(tree, 'plugins', name))
    os.makedirs(os.path.join(tree, 'meson-private'))     # what tells a build tree
    shutil.copytree(os.path.join(os.path.dirname(program), 'host', 'catalogue'),
                    os.path.join(tree, 'src', 'host', 'catalogue'))
    return os.path.join(tree, 'src', 'esuscan')
