"""Reads and writes the pointers, blobs and manifests of statebag-shim. The standard library is all it needs.

A store here is a directory that holds <bucket>/<key>. JSON text is cut, never parsed and printed again, so that numbers
and escapes keep their spelling; the addresses of blobs are those that every other implementation gives them.
"""

import hashlib
import json
import os
import re
import sys
from json.decoder import scanstring

VERSION = 2
LAYOUT = {
    "workflow_config": "workflow-configs/{owner}/{workflow}/{sha256}/config.json",
    "partition_map": "workflow-partitions/{owner}/{workflow}/{sha256}/partition_map.json",
    "segment_manifest": "workflow-manifests/{owner}/{workflow}/{sha256}/segment_manifest.json",
}
DIGEST = re.compile(r"/([0-9a-f]{64})/[^/]*$")
BLANK = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()


class IntegrityError(Exception):
    """Stored bytes do not have the digest or checksum that their pointer names."""


# --- JSON text -------------------------------------------------------------------------------------------------------


def after_blanks(text, at):
    return BLANK.match(text, at).end()


def members(text):
    """(name, text of the value) of every member of an object, in order."""
    at = after_blanks(text, after_blanks(text, 0) + 1)
    found = []
    while text[at] != "}":
        name, at = scanstring(text, at + 1)
        start = after_blanks(text, after_blanks(text, at) + 1)
        _, end = DECODER.raw_decode(text, start)
        found.append((name, text[start:end]))
        at = after_blanks(text, end)
        if text[at] == ",":
            at = after_blanks(text, at + 1)
    return found


def items(text):
    """The text of every element of a list."""
    at = after_blanks(text, after_blanks(text, 0) + 1)
    found = []
    while text[at] != "]":
        _, end = DECODER.raw_decode(text, at)
        found.append(text[at:end])
        at = after_blanks(text, end)
        if text[at] == ",":
            at = after_blanks(text, at + 1)
    return found


# --- store -----------------------------------------------------------------------------------------------------------


def encode_id(value):
    """An id as one segment of a key. (Ids over 120 encoded bytes, which are shortened, are left out of this example.)"""
    if value in (None, ""):
        return "_"
    encoded = "".join(
        char if re.match(r"[A-Za-z0-9._-]$", char) else "".join("%%%02X" % byte for byte in char.encode()) for char in value
    )
    return {".": "%2E", "..": "%2E%2E", "_": "%5F"}.get(encoded, encoded)


def put(store, bucket, kind, bag, text):
    """Writes a blob once, under its content address. Gives its key and its bytes."""
    data = text.encode()
    owner, workflow = encode_id(bag.get("ownerId")), encode_id(bag.get("workflowId"))
    key = LAYOUT[kind].format(owner=owner, workflow=workflow, sha256=hashlib.sha256(data).hexdigest())
    path = os.path.join(store, bucket, key)
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".tmp", "wb") as file:
            file.write(data)
        os.replace(path + ".tmp", path)
    return key, data


def get(store, uri):
    """The bytes behind s3://bucket/key, held against the digest in the key. Keys may hold # and %: no URL parser here."""
    path = os.path.normpath(os.path.join(store, uri[len("s3://"):]))
    if not path.startswith(os.path.join(os.path.abspath(store), "")) and not path.startswith(os.path.join(store, "")):
        raise ValueError("%s leads out of the store" % uri)
    with open(path, "rb") as file:
        data = file.read()
    digest = DIGEST.search(uri)
    if digest and hashlib.sha256(data).hexdigest() != digest.group(1):
        raise IntegrityError("%s does not hold what its key names" % uri)
    return data


# --- reading ---------------------------------------------------------------------------------------------------------


def field(store, bag, name):
    """Text of workflow_config or partition_map, wherever the bag has it; None when it has none. `bag` is a dict of texts."""
    inline = bag.get(name)
    if inline not in (None, "null", '""'):
        value = json.loads(inline)
        if not (isinstance(value, dict) and value.get("__s3_pointer__")):
            return inline
        data = get(store, "s3://%s/%s" % (value["bucket"], value["key"]))
        if value.get("checksum") and hashlib.md5(data).hexdigest()[:8] != value["checksum"]:
            raise IntegrityError("%s is not what its pointer was written for" % value["key"])
        return data.decode()
    path = bag.get(name + "_s3_path")
    return get(store, json.loads(path)).decode() if path not in (None, "null", '""') else None


def entries(text):
    """Elements of a map or manifest in the order of their index: nulls of a list do not count, a dict has keys 0 to n-1."""
    if text[after_blanks(text, 0)] == "[":
        return [item for item in items(text) if item != "null"]
    named = dict(members(text))
    if "segments" in named:
        return entries(named["segments"])
    return [named[str(index)] for index in range(len(named))]


def program(entry):
    """A nested entry holds its program; a flat one is it."""
    return dict(members(entry)).get("segment_config", entry)


def segment_config(store, bag_text, index=None):
    """Text of the program of a segment: from the inline map or a pointer to one, else from the manifest."""
    bag = dict(members(bag_text))
    at = int(bag.get("segment_to_run", "0")) if index is None else index
    inline = bag.get("partition_map")
    if inline in (None, "null") and "segment_manifest_s3_path" in bag:
        found = entries(get(store, json.loads(bag["segment_manifest_s3_path"])).decode())
    else:
        found = entries(field(store, bag, "partition_map"))
    if not 0 <= at < len(found):
        raise IndexError("there is no segment %d; nothing is run in its place" % at)
    return program(found[at])


# --- writing ---------------------------------------------------------------------------------------------------------


def manifest(map_text):
    """The segment manifest of a map: the programs with their own bytes."""
    parts = []
    for index, entry in enumerate(entries(map_text)):
        named = dict(members(entry))
        code = named.get("segment_config", entry)
        kind = named.get("type", dict(members(code)).get("type", "null"))
        dependencies = named.get("dependencies", "null")
        parts.append(
            '{"segment_id":%d,"segment_type":%s,"segment_config":%s,"dependencies":%s,"execution_order":%d,"type":%s}'
            % (index, kind, code, "[]" if dependencies == "null" else dependencies, index, kind)
        )
    return "[%s]" % ",".join(parts)


def lean(store, bucket, bag_text):
    """A fat bag in the new form; its blobs are written before it says so. All other members keep their text."""
    texts = dict(members(bag_text))
    ids = {name: json.loads(texts[name]) for name in ("ownerId", "workflowId") if name in texts}
    paths = {"state_bag_version": str(VERSION)}
    for name, text in (("workflow_config", texts.get("workflow_config")), ("partition_map", texts.get("partition_map"))):
        if text not in (None, "null"):
            key, _ = put(store, bucket, name, ids, text)
            paths[name + "_s3_path"] = json.dumps("s3://%s/%s" % (bucket, key), ensure_ascii=False)
    if "partition_map_s3_path" in paths:
        key, _ = put(store, bucket, "segment_manifest", ids, manifest(texts["partition_map"]))
        paths["segment_manifest_s3_path"] = json.dumps("s3://%s/%s" % (bucket, key), ensure_ascii=False)
    gone = {"workflow_config", "partition_map", "_is_init", "_status"} | set(paths)
    kept = [(name, text) for name, text in members(bag_text) if name not in gone]
    return "{%s}" % ",".join("%s:%s" % (json.dumps(name), text) for name, text in [*kept, *paths.items()])


def bridge(store, bucket, bag_text):
    """The same with pointers under the old names, which the legacy hydrator follows by itself."""
    texts = dict(members(bag_text))
    ids = {name: json.loads(texts[name]) for name in ("ownerId", "workflowId") if name in texts}
    written = []
    for name, text in members(bag_text):
        if name in ("_is_init", "_status"):
            continue
        if name in ("workflow_config", "partition_map") and text != "null":
            key, data = put(store, bucket, name, ids, text)
            pointer = {
                "__s3_pointer__": True,
                "bucket": bucket,
                "key": key,
                "size_bytes": len(data),
                "checksum": hashlib.md5(data).hexdigest()[:8],
                "field_name": name,
                "created_at": json.loads(texts.get("start_time", "0")),
            }
            text = json.dumps(pointer, ensure_ascii=False)
        written.append("%s:%s" % (json.dumps(name), text))
    return "{%s}" % ",".join(written)


def read(store, bag_text):
    """All that a bag leads to, as JSON: the texts of config and map, and of each segment's program."""
    bag = dict(members(bag_text))
    config, map_text = field(store, bag, "workflow_config"), field(store, bag, "partition_map")
    programs = [segment_config(store, bag_text, index) for index in range(len(entries(map_text)))]
    return json.dumps({"config": config, "map": map_text, "programs": programs})


def main():
    """statebag.py lean|bridge|read|segment STORE [INDEX]: a bag on standard input, the answer on standard output."""
    command, store, *rest = sys.argv[1:]
    text = sys.stdin.buffer.read().decode()
    answers = {
        "lean": lambda: lean(store, "local", text),
        "bridge": lambda: bridge(store, "local", text),
        "read": lambda: read(store, text),
        "segment": lambda: segment_config(store, text, int(rest[0]) if rest else None),
    }
    sys.stdout.buffer.write(answers[command]().encode())


if __name__ == "__main__":
    main()
