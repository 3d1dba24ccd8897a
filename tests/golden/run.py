"""run.py: how the golden tests run esuscan, and what of a report may differ from run to run."""

import collections
import hashlib
import json
import os
import re
import subprocess

TIMEOUT = 55


def limits():
    """A test must not bring down the machine it runs on. (Sanitizers need the address space.)"""
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def text(self):
        return self.out.decode('utf-8')             # strict: a report is UTF-8, whatever it is about

    @property
    def errors(self):
        return self.err.decode('utf-8', 'replace')


def esuscan(program, *arguments, cwd=None, stdout=subprocess.PIPE, env=None):
    done = subprocess.run([program, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=TIMEOUT, check=False,
                          env=dict(os.environ, TZ='Pacific/Chatham', **(env or {})),
                          preexec_fn=limits)
    return Result(done)


def load(text):
    return json.loads(text, object_pairs_hook=collections.OrderedDict)


def normal_tool(tool):
    """What belongs to the run and the machine, not to the evidence."""
    tool['version'] = 'VERSION'
    tool['libraries'] = collections.OrderedDict((name, 'VERSION') for name in tool['libraries'])
    tool['jail'] = ['JAIL']                         # refuse.py asks for its fences by name
    tool['command'] = ['COMMAND']
    if tool['catalogue']:
        tool['catalogue'] = 'CATALOGUE'
    tool['started'] = tool['finished'] = 'TIME'


def cut_list(found):
    """Three rows of a long list, and how many follow: it is the catalogue's, not the evidence's."""
    rows = load('[' + found.group(2) + ']')
    if len(rows) <= 3:
        return found.group(0)
    kept = [json.dumps(row, ensure_ascii=False) for row in rows[:3]]
    return '%s%s, {"more": %d}%s' % (found.group(1), ', '.join(kept), len(rows) - 3, found.group(3))


def normal_json(text):
    """The report as it stands, but for the line of its `tool` and the tail of long lists."""
    text = re.sub(r'("(?:cves|missing)": \[)(.*?)(\])(?=[,}])', cut_list, text)
    lines = text.splitlines(True)
    for at, line in enumerate(lines):
        if line.startswith('"tool": '):
            tool = load('{' + line.rstrip().rstrip(',') + '}')['tool']
            normal_tool(tool)
            lines[at] = '"tool": %s,\n' % json.dumps(tool, ensure_ascii=False)
            return ''.join(lines)
    raise ValueError('a report without a line for its tool')


def normal_jsonl(text):
    lines = []
    for line in text.splitlines():
        record = load(line)
        if 'tool' in record:
            normal_tool(record['tool'])
        for name in ('cves', 'missing'):
            if len(record.get(name) or ()) > 3:
                record[name][3:] = [{'more': len(record[name]) - 3}]
        lines.append(json.dumps(record, ensure_ascii=False) + '\n')
    return ''.join(lines)


def as_in_a_jail(text):
    """A sanitizer build has none, and says so at the top."""
    return re.sub(r'(?m)^! ANALYSED WITHOUT A JAIL: none \(sanitizer build\).*\n(?:  .*\n)*', '', text)


def normal_text(text):
    text = as_in_a_jail(re.sub(r'esuscan \d+\.\d+\.\d+', 'esuscan VERSION', text))
    return re.sub(r'(?m)^(  (?:Tool|Plugins|Catalogue|Jail|Command|Ran) +)\S.*(?:\n {10,}\S.*)*', r'\1-', text)


def normal(arguments, text):
    for argument in arguments:
        if argument == 'json':
            return normal_json(text)
        if argument == 'jsonl':
            return normal_jsonl(text)
    return normal_text(text)


def fingerprint(paths):
    """Bytes and times of the evidence: no scan may change them."""
    prints = {}
    for path in sorted(paths):
        if not os.path.isfile(path):
            continue
        digest = hashlib.sha256()
        with open(path, 'rb') as file:
            for block in iter(lambda: file.read(1 << 20), b''):
                digest.update(block)
        status = os.stat(path)
        prints[path] = (digest.hexdigest(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return prints


def segments(image):
    """The files that an image of this name is made of."""
    folder, name = os.path.split(image)
    stem = os.path.splitext(name)[0]
    return [os.path.join(folder, each) for each in os.listdir(folder or '.')
            if os.path.splitext(each)[0] == stem or each.startswith(stem + '-')]
