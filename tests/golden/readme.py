#!/usr/bin/env python3
"""readme.py: the run that README.md shows is a true one, and its plugin compiles and loads.

    readme.py [--update] --esuscan PROGRAM --source FOLDER"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

import run


def check_run(text, options):
    """An indented `$ esuscan IMAGE | head -n N` and the N lines below it."""
    shown = re.search(r'(?m)^    \$ (esuscan (\S+) \| head -n (\d+))\n((?:    .*\n|\n)*)', text)
    if not shown:
        sys.exit('README.md shows no run')
    result = run.esuscan(options.esuscan, shown.group(2), cwd=options.source)
    lines = run.as_in_a_jail(result.text).splitlines()[:int(shown.group(3))]
    want = ''.join(('    ' + line).rstrip() + '\n' for line in lines)
    if options.update:
        path = os.path.join(options.source, 'README.md')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text[:shown.start(4)] + want + '\n' + text[shown.end(4):])
        return False
    if shown.group(4).rstrip('\n') != want.rstrip('\n'):
        print('README.md shows a run that is no longer true; update it with golden-update')
        return True
    return False


def check_plugin(text, options):
    code = re.search(r'(?m)^    #include <esuscan/plugin\.h>\n(?:    .*\n|\n)*', text).group()
    code = re.sub(r'(?m)^    ', '', code)
    with tempfile.TemporaryDirectory() as scratch:
        source = os.path.join(scratch, 'hello.c')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(code)
        subprocess.run(shlex.split(os.environ.get('CC', 'cc')) +
                       ['-shared', '-fPIC', '-Wall', '-Werror',
                        '-I' + os.path.join(options.source, 'include'),
                        '-o', os.path.join(scratch, 'hello.so'), source], check=True)
        result = run.esuscan(options.esuscan, '--plugin-path', scratch, '-o', 'json',
                             'fixtures/images/demo.E01', cwd=options.source)
        if not any('SOFTWARE' in note['text'] and 'hello' in str(note)
                   for note in run.load(result.text)['notes']):
            print('the plugin of README.md says nothing: %s' % result.errors)
            return True
    return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--update', action='store_true')
    parser.add_argument('--esuscan', required=True)
    parser.add_argument('--source', required=True)
    options = parser.parse_args()
    options.esuscan = os.path.abspath(options.esuscan)
    with open(os.path.join(options.source, 'README.md'), encoding='utf-8') as file:
        text = file.read()
    failed = check_run(text, options)
    return check_plugin(text, options) or failed


if __name__ == '__main__':
    sys.exit(main())
