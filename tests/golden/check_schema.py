#!/usr/bin/env python3
"""check_schema.py: reports are what the schema and the specification say.

    check_schema.py REPORT…

Each report (a file, or - for standard input) is held against esuscan-report-1.schema.json, the one
that is installed with the program. What a schema cannot say is checked here: the order of keys,
that every id that is named exists, that ids are given without holes, and that no text holds a
character that could act on a terminal."""

import json
import os
import re
import sys

try:
    import jsonschema
except ImportError:
    print('python3-jsonschema is not here')
    sys.exit(77)

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'src', 'report',
                      'esuscan-report-1.schema.json')
UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]')


def order(schema, definitions, value, at):
    """Keys stand in the order in which the schema lists them."""
    if '$ref' in schema:
        schema = definitions[schema['$ref'].rsplit('/', 1)[1]]
    for each in schema.get('anyOf', []):
        if isinstance(value, dict) and '$ref' in each:
            yield from order(each, definitions, value, at)
    if isinstance(value, list):
        for i, each in enumerate(value):
            yield from order(schema.get('items', {}), definitions, each, '%s[%d]' % (at, i))
    elif isinstance(value, dict):
        listed = schema.get('properties', {})
        known = [key for key in value if key in listed]
        if known != [key for key in listed if key in value]:
            yield '%s: keys are not in order: %s' % (at, ', '.join(value))
        for key, each in value.items():
            yield from order(listed.get(key, schema.get('additionalProperties') or {}),
                             definitions, each, '%s.%s' % (at, key))


def texts(value, at):
    if isinstance(value, str):
        yield value, at
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from texts(each, '%s[%d]' % (at, i))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key, at
            yield from texts(each, '%s.%s' % (at, key))


def references(value, key=None):
    """Ids of facts that verdicts and rows name."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from references(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from references(each, key)
    elif key in ('because', 'left', 'right', 'sources') and re.fullmatch(r'f\d+', value or ''):
        yield value


def check(report, schema):
    for error in jsonschema.Draft7Validator(schema).iter_errors(report):
        yield '%s: %s' % ('.'.join(str(each) for each in error.absolute_path),
                          error.message[:300])
    yield from order(schema, schema['definitions'], report, 'report')
    for text, at in texts(report, 'report'):
        if UNSAFE.search(text):
            yield '%s: not cleaned: %r' % (at, text)
    facts = [each['id'] for each in report['facts']]
    if facts != ['f%d' % (i + 1) for i in range(len(facts))]:
        yield 'the ids of facts have holes'
    states = {each['id'] for each in report['installations']}
    known = set(facts)
    for each in report['installations']:
        for name in references({'v': each['verdicts'], 'u': each['updates'],
                                'q': each['questions']}):
            if name not in known:
                yield '%s names %s, which does not exist' % (each['id'], name)
    for each in report['facts'] + report['notes']:
        if each['installation'] and each['installation'] not in states:
            yield '%s does not exist' % each['installation']
    volumes = {each['id'] for each in report['volumes']}
    for each in report['facts'] + report['notes']:
        if (each['where'] or {}).get('volume', None) not in volumes | {None}:
            yield 'volume %d does not exist' % each['where']['volume']


def repeated(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError('a key stands twice: %s' % ', '.join(keys))
    return dict(pairs)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with open(SCHEMA, encoding='utf-8') as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    failed = 0
    for path in sys.argv[1:]:
        with (sys.stdin if path == '-' else open(path, encoding='utf-8')) as file:
            try:
                report = json.load(file, object_pairs_hook=repeated)
            except ValueError as error:
                print('%s: %s' % (path, error))
                failed += 1
                continue
        for fault in check(report, schema):
            print('%s: %s' % (path, fault))
            failed += 1
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
