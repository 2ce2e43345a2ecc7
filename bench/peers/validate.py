"""What a Python user writes to validate a directory: validate.py SCHEMA DIRECTORY."""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator

validator = Draft202012Validator(json.loads(pathlib.Path(sys.argv[1]).read_bytes()))
bad = sum(not validator.is_valid(json.loads(path.read_bytes())) for path in pathlib.Path(sys.argv[2]).glob("*.json"))
sys.exit(1 if bad else 0)
