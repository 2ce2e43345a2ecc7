"""Judges documents with Python's jsonschema: judge.py SCHEMA_DIR < lines of {"schema", "document"}; prints true or false a line."""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

schemas = [json.loads(path.read_text()) for path in pathlib.Path(sys.argv[1]).glob("*.json")]
registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
validators = {
    schema["$id"]: Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for schema in schemas
}
for line in sys.stdin:
    entry = json.loads(line)
    print(json.dumps(validators[entry["schema"]].is_valid(entry["document"])))
