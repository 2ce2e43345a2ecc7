"""Reads and writes the pointers, blobs and manifests of statebag-shim with nothing but the standard library.

A store is a directory that holds <bucket>/<key>; its own bucket is `local`, as for `statebag --store DIRECTORY`. The
text of a value is cut out of its document and never printed again, so numbers and escapes keep their spelling.

`segment` finds the program that `statebag segment` finds. Every error has a code, the same as in docs/errors.md. Three
things are left out, and end with the code NOT_IN_EXAMPLE: to cut a workflow_config into segments, other layouts and
allowed prefixes of a store, and what `lean` and `bridge` below refuse by name.
"""

import hashlib
import json
import os
import re
import sys
from json.decoder import scanstring

VERSION = 2
BUCKET = "local"
MAX_TARGET_BYTES = 32 * 1024 * 1024

CONFIG, MAP, MANIFEST = "workflow_config", "partition_map", "segment_manifest"
CONFIG_PATH, MAP_PATH, MANIFEST_PATH = (name + "_s3_path" for name in (CONFIG, MAP, MANIFEST))
MANIFEST_ALIAS = "manifest_s3_path"
ADDED_MARK = "added_by_statebag_shim"
WRAPPERS = ("Payload", "state_data", "bag")
MAX_WRAPPERS = 8
INDEX_MEMBERS = ("segment_index", "segment_id", "segment_to_run")
CALL_MEMBERS = ("segment_config", "branch_config", "branch_id", "branch_index", "execution_mode")
ARGUMENTS = (*INDEX_MEMBERS, MAP, MANIFEST_PATH, MANIFEST_ALIAS)
PROGRAM_MEMBERS = (CONFIG, MAP, MANIFEST, CONFIG_PATH, MAP_PATH, MANIFEST_PATH, "state_bag_version")
CONTROL_MEMBERS = (
    "ownerId",
    "workflowId",
    "idempotency_key",
    "segment_to_run",
    "total_segments",
    "loop_counter",
    "current_state",
    "state_history",
)
ENOUGH_CONTROL_MEMBERS = 3
ID_SPELLINGS = {"ownerId": ("ownerId", "owner_id"), "workflowId": ("workflowId", "workflow_id")}

LAYOUT = {
    CONFIG: "workflow-configs/{ownerId}/{workflowId}/{sha256}/config.json",
    MAP: "workflow-partitions/{ownerId}/{workflowId}/{sha256}/partition_map.json",
    MANIFEST: "workflow-manifests/{ownerId}/{workflowId}/{sha256}/segment_manifest.json",
    "member": "state-members/{ownerId}/{workflowId}/{sha256}/{member}.json",
}
MUTABLE_LAYOUT = [LAYOUT[name].replace("/{sha256}/", "/") for name in (CONFIG, MAP, MANIFEST)]
WRITTEN_ONCE = [
    "workflows/{w}/executions/{exec}/workflow_config_{ms}.json",
    "workflows/{w}/executions/{exec}/partition_map_{ms}.json",
    "workflows/{w}/executions/{exec}/workflow_config_seg{n}_{ms}.json",
    "workflows/{w}/executions/{exec}/partition_map_seg{n}_{ms}.json",
    "workflow-states/{o}/{w}/workflow_config_{sec}.json",
]
LEGACY_LAYOUT = [
    *WRITTEN_ONCE,
    "workflow-states/{o}/{w}/segments/{n}/branches/{ms}/all_branches.json",
    "distributed-chunks/{o}/{w}/{exec}/chunks.json",
    "workflow-manifests/{o}/{w}/segment_manifest.json",
    "workflow-partitions/{o}/{w}/partition_map.json",
    "workflow-configs/{o}/{w}/config.json",
    "manifests/{id}.json",
]


class StateBagError(Exception):
    """What failed, with a code that programs compare."""

    def __init__(self, code, message):
        super().__init__("%s: %s" % (code, message))
        self.code = code


def left_out(what):
    return StateBagError("NOT_IN_EXAMPLE", "%s; use the command statebag for this bag" % what)


# --- JSON text -------------------------------------------------------------------------------------------------------

BLANK = re.compile(r"[ \t\r\n]*")
# Only the extent of a value is asked for: numbers stay text, of whatever length.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
KINDS = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": "null", "N": "nonfinite"}
EMPTY_TEXT = re.compile(r"(?:[ \t\n\r]*(?:\{[ \t\n\r]*\}|\[[ \t\n\r]*\])[ \t\n\r]*)?")


def after_blanks(text, at):
    return BLANK.match(text, at).end()


class Value:
    """A value by its place in a JSON text."""

    def __init__(self, document, start, end):
        self.document, self.start, self.end = document, start, end
        self._members = self._items = None

    @property
    def raw(self):
        """The value as it is spelled."""
        return self.document[self.start : self.end]

    def kind(self):
        raw = self.raw
        return "nonfinite" if raw in ("Infinity", "-Infinity") else KINDS.get(raw[0], "number")

    def members(self):
        """The members of an object by name, the last of duplicates; {} for anything else."""
        if self._members is None:
            self._members = dict(self.all_members()) if self.kind() == "object" else {}
        return self._members

    def all_members(self):
        """Name and value of every member of an object, in order."""
        text, found = self.document, []
        at = after_blanks(text, self.start + 1)
        while text[at] != "}":
            name, at = scanstring(text, at + 1)
            start = after_blanks(text, after_blanks(text, at) + 1)
            at = self._add(found, start, lambda value, name=name: (name, value))
        return found

    def member(self, name):
        return self.members().get(name)

    def items(self):
        """The elements of a list; [] for anything else."""
        if self._items is None:
            found, text = [], self.document
            if self.kind() == "array":
                at = after_blanks(text, self.start + 1)
                while text[at] != "]":
                    at = self._add(found, at, lambda value: value)
            self._items = found
        return self._items

    def _add(self, found, start, make):
        """Adds the value at a position. Gives the position of the next one."""
        _, end = DECODER.raw_decode(self.document, start)
        found.append(make(Value(self.document, start, end)))
        at = after_blanks(self.document, end)
        return after_blanks(self.document, at + 1) if self.document[at] == "," else at

    def text(self):
        """The text of a string; None for anything else."""
        return scanstring(self.document, self.start + 1)[0] if self.kind() == "string" else None

    def number(self):
        return float(self.raw) if self.kind() == "number" else None

    def embedded(self):
        """The document in a string; None when the value is not a string of JSON."""
        text = self.text()
        try:
            return None if text is None else parse(text)
        except StateBagError:
            return None

    def opened(self):
        """The document in a string, else the value itself."""
        return self.embedded() or self


def parse(text):
    """Reads a whole document. Python refuses nesting of more than about 1,000 levels."""
    start = after_blanks(text, 0)
    try:
        _, end = DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as cause:
        raise StateBagError("JSON_SYNTAX", "the text is not JSON that this program reads") from cause
    if after_blanks(text, end) != len(text):
        raise StateBagError("JSON_SYNTAX", "more text follows the JSON value")
    return Value(text, start, end)


def is_missing(value):
    return value is None or value.kind() == "null"


def is_object(value):
    return value is not None and value.kind() == "object"


def text_member(value, name):
    member = value.member(name)
    return None if member is None else member.text()


def is_empty_map(value):
    """True for [], {} and a list of nothing but nulls."""
    if value.kind() == "array":
        return all(is_missing(item) for item in value.items())
    return not value.members()


def is_empty_container(value):
    return value.kind() in ("object", "array") and is_empty_map(value)


# --- pointers --------------------------------------------------------------------------------------------------------

POINTER_MEMBERS = {"__s3_pointer__", "bucket", "key", "size_bytes", "checksum", "field_name", "created_at"}
OFFLOADED_MEMBERS = {"__s3_offloaded", "__s3_path", "__original_size_kb"}
REFERENCE_MEMBERS = {"type", "s3_path", "size_kb", "stored_at"}
MARKERS = ("branches_s3_path", "manifest_s3_path", "previous_state_s3_uri")


class Pointer:
    """JSON in place of a value. `target` is (bucket, key), without bucket for a bare key, or None."""

    def __init__(self, target, md5=None, mixed=()):
        self.target, self.md5, self.mixed = target, md5 or None, sorted(mixed)
        self.sha256 = content_address(target) if target else None

    @property
    def is_verified(self):
        """True when following the pointer gives the bytes that it was written for, or an error."""
        return self.md5 is not None or self.sha256 is not None

    @property
    def is_mutable(self):
        """True for a key that a later run may write again."""
        key = self.target[1] if self.target else ""
        if self.sha256 or re.fullmatch(r"(?:(?!\.{1,2}/)[^/]+/)*manifests/[^/]+\.json", key):
            return False
        return self.md5 is None or not any(match_key(template, key) for template in WRITTEN_ONCE)


def detect_target(text):
    """Reads s3://bucket/key or a bare key. Keys may hold # and %: no URL parser here."""
    if text in (None, "") or "\0" in text:
        return None
    if not text.startswith("s3://"):
        return None if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE) else (None, text)
    bucket, slash, key = text[len("s3://") :].partition("/")
    return (bucket, key) if bucket and key else None


def is_true(value):
    """Truth as Python sees it."""
    if is_missing(value):
        return False
    kind = value.kind()
    if kind == "boolean":
        return value.raw == "true"
    if kind == "number":
        return value.number() != 0
    if kind == "string":
        return value.text() != ""
    return kind == "nonfinite" or bool(value.members() or value.items())


def detect_pointer(value):
    """The pointer that stands for a whole value; None for anything else."""
    if is_true(value.member("__s3_pointer__")):
        bucket, key = text_member(value, "bucket"), text_member(value, "key")
        md5 = (text_member(value, "checksum") or "").lower()
        return Pointer((bucket, key) if bucket and key else None, md5, value.members().keys() - POINTER_MEMBERS)
    marker = value.member("__s3_offloaded")
    if marker is not None and marker.raw == "true":
        return Pointer(detect_target(text_member(value, "__s3_path")), None, value.members().keys() - OFFLOADED_MEMBERS)
    if text_member(value, "type") == "s3_reference":
        return Pointer(detect_target(text_member(value, "s3_path")), None, value.members().keys() - REFERENCE_MEMBERS)
    text = value.text()
    if text is not None:
        return Pointer(detect_target(text)) if text.startswith("s3://") else None
    if len(value.members()) == 2:
        bucket = text_member(value, "bucket") or text_member(value, "Bucket")
        key = text_member(value, "key") or text_member(value, "Key")
        return Pointer((bucket, key)) if bucket and key else None
    return None


def is_marker(value):
    """True for the other forms in which legacy writers left pointers: they are never run and never followed."""
    if any(text_member(value, name) is not None for name in MARKERS):
        return True
    if value.member("__batch_pointer__") is not None or value.member("__delta_update__") is not None:
        return True
    return text_member(value, "type") in ("history_archive", "compressed", "error_truncated")


class Field:
    """What a bag has under a name: `state` is absent, empty, inline or pointer."""

    def __init__(self, value, is_path=False):
        self.value, self.pointer = value, None
        if value is None:
            self.state = "absent"
            return
        text = value.text()
        if is_missing(value) or is_empty_container(value) or (text is not None and EMPTY_TEXT.fullmatch(text)):
            self.state = "empty"
            return
        self.pointer = detect_pointer(value)
        if self.pointer is None and is_path and text is not None:
            self.pointer = Pointer(detect_target(text))
        self.state = "pointer" if self.pointer else "inline"


# --- keys and the store ----------------------------------------------------------------------------------------------

FORMS = {"sha256": "[0-9a-f]{64}", "n": "[0-9]+", "ms": "[0-9]+", "sec": "[0-9]+"}


def match_key(template, key, folders=""):
    """The parts of a key where its template has placeholders; None for a key of another form."""
    pieces = re.split(r"\{(\w+)\}", template)
    pattern = "".join(
        "(?P<%s>%s)" % (piece, FORMS.get(piece, "[^/]+")) if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)
    )
    match = re.fullmatch(folders + pattern, key)
    return match and match.groupdict()


def is_plain_key(key):
    return "\0" not in key and not any(part in ("", ".", "..") for part in key.split("/"))


def digest_in_key(key):
    """The SHA-256 that the bytes at a key must have; None for a key that is not a content address."""
    matches = (match_key(template, key, r"(?:[\s\S]*/)?") for template in LAYOUT.values())
    return next((parts["sha256"] for parts in matches if parts), None)


def content_address(target):
    """The digest of a target that is stored in the layout of this store; a key of that form elsewhere is no address."""
    bucket, key = target
    is_here = bucket in (None, BUCKET) and is_plain_key(key) and any(match_key(form, key) for form in LAYOUT.values())
    return digest_in_key(key) if is_here else None


def encode_id(value):
    """An id as one segment of a key: percent-encoded, `_` for none, with a digest when it is long."""
    if not value:
        return "_"
    if re.fullmatch(r"[A-Za-z0-9-][A-Za-z0-9._-]*", value):
        encoded = value
    else:
        encoded = "".join(encode_char(char) for char in value)
        encoded = {".": "%2E", "..": "%2E%2E", "_": "%5F"}.get(encoded, encoded)
    if len(encoded) <= 120:
        return encoded
    digest = hashlib.sha256(value.encode("utf-16-le", "surrogatepass")).hexdigest()
    return "%s~%s" % (re.sub(r"%[0-9A-F]?\Z", "", encoded[:48]), digest)


def encode_char(char):
    if re.fullmatch(r"[A-Za-z0-9._-]", char):
        return char
    if "\ud800" <= char <= "\udfff":
        return "~u%x" % ord(char)
    return "".join("%%%02X" % byte for byte in char.encode())


def judge(parts, names):
    """Compares what a key names with what the bag names."""
    if parts is None:
        return "other-place"
    wrong = [name for name, own in names.items() if name in parts and parts[name] != own]
    if not wrong:
        return "allowed"
    return "other-owner" if "ownerId" in wrong or "o" in wrong else "other-execution"


def judge_legacy(parts, ids):
    """A legacy key names its owner itself, or as the beginning of its execution: {owner}#auto#…"""
    owner, execution = ids["ownerId"], (parts or {}).get("exec", "")
    named = judge(parts, {"o": owner})
    if named == "allowed" and "#" in execution and not (owner is not None and execution.startswith(owner + "#")):
        return "other-owner"
    return judge(parts, {"w": ids["workflowId"], "exec": ids["executionId"]}) if named == "allowed" else named


def assert_allowed(bucket, key, ids):
    """Refuses keys of other owners and keys in no known layout of the store."""
    verdicts = ["other-place"]
    if bucket == BUCKET and is_plain_key(key):
        owner = {"ownerId": encode_id(ids["ownerId"])}
        both = {**owner, "workflowId": encode_id(ids["workflowId"])}
        verdicts += [judge(match_key(template, key), owner) for template in LAYOUT.values()]
        verdicts += [judge(match_key(template, key), both) for template in MUTABLE_LAYOUT]
        verdicts += [judge_legacy(match_key(template, key), ids) for template in LEGACY_LAYOUT]
    if "allowed" in verdicts:
        return
    uri = "s3://%s/%s" % (bucket, key)
    if "other-owner" in verdicts:
        raise StateBagError("POINTER_FOREIGN_OWNER", "%s belongs to another owner than the bag; it is not read" % uri)
    reason = "its key names another workflow or execution than the bag" if "other-execution" in verdicts else (
        "it is in no known layout of the bucket %s" % BUCKET
    )
    raise StateBagError("POINTER_NOT_ALLOWED", "%s is not read: %s" % (uri, reason))


def follow(store, pointer, ids):
    """The value that a pointer names, verified against the checksum in it and the digest in its key."""
    if pointer.target is None:
        raise StateBagError("POINTER_INVALID", "a pointer names no bucket and key")
    bucket, key = pointer.target[0] or BUCKET, pointer.target[1]
    if pointer.mixed:
        raise StateBagError("POINTER_MIXED", "the pointer to %s has members of other data: %s" % (key, pointer.mixed))
    assert_allowed(bucket, key, ids)
    data = read_object(store, bucket, key)
    digest = digest_in_key(key)
    if digest and hashlib.sha256(data).hexdigest() != digest:
        raise StateBagError("DIGEST_MISMATCH", "%s does not hold the bytes that its key names" % key)
    md5 = hashlib.md5(data).hexdigest()
    if pointer.md5 and pointer.md5 not in (md5, md5[:8]):
        raise StateBagError("CHECKSUM_MISMATCH", "%s does not hold the bytes that its pointer was written for" % key)
    try:
        value = parse(data.decode())
    except (UnicodeDecodeError, StateBagError) as cause:
        raise StateBagError("POINTER_TARGET_INVALID", "the object %s is not JSON" % key) from cause
    if detect_pointer(value):
        raise StateBagError("POINTER_CHAIN", "the pointer to %s leads to another pointer" % key)
    return value


def read_object(store, bucket, key):
    path = os.path.join(store, bucket, key)
    try:
        if os.path.getsize(path) > MAX_TARGET_BYTES:
            raise StateBagError("POINTER_TARGET_TOO_LARGE", "the object %s is larger than %d bytes" % (key, MAX_TARGET_BYTES))
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as cause:
        raise StateBagError("POINTER_DANGLING", "there is no object at %s" % key) from cause
    except (OSError, ValueError) as cause:
        raise StateBagError("STORE_UNAVAILABLE", "the object %s cannot be read: %s" % (key, cause)) from cause


# --- the bag in an event ---------------------------------------------------------------------------------------------


def id_members(value, name):
    members = ((spelling, value.member(spelling)) for spelling in ID_SPELLINGS[name])
    return [(spelling, member) for spelling, member in members if not is_missing(member) and member.text() != ""]


def parse_id(member):
    """Text, or a whole number within ±(2^53 - 1) as JavaScript spells it; None for what is not an id."""
    if member.kind() == "number":
        is_plain = re.fullmatch(r"0|-?[1-9][0-9]{0,15}", member.raw) and abs(int(member.raw)) < 2**53
        return member.raw if is_plain else None
    return member.text()


def detect_id(value, name):
    found = [parse_id(member) for _, member in id_members(value, name)]
    return next((one for one in found if one is not None), None)


def is_added(value):
    """True for a program that the shim added to an earlier event."""
    return is_object(value) and value.member(ADDED_MARK) is not None


def is_added_call(level, name):
    value = level.member(name)
    if name == "branch_config":
        return is_added(value)
    if name != "segment_config" or value is None:
        return False
    opened = value.opened()
    return any(is_added(one) for one in (opened, opened.member("segment_config"), *opened.items()))


def is_call(level):
    """True for an object with arguments of a call."""
    return any(level.member(name) is not None and not is_added_call(level, name) for name in CALL_MEMBERS)


def has_any(value, names):
    return any(value.member(name) is not None for name in names)


def is_controlled(value):
    return sum(value.member(name) is not None for name in CONTROL_MEMBERS) >= ENOUGH_CONTROL_MEMBERS


def is_bag(value):
    return has_any(value, PROGRAM_MEMBERS) or is_controlled(value)


def is_complete(value):
    return all(id_members(value, name) for name in ID_SPELLINGS) and has_any(value, PROGRAM_MEMBERS)


def is_bag_of_its_own(value):
    return not is_call(value) and has_any(value, PROGRAM_MEMBERS) and is_controlled(value)


def unwrap(value):
    for name in WRAPPERS:
        member = value.member(name)
        if member is None or (name != "state_data" and is_complete(value)):
            continue
        inner = member.embedded() if member.kind() == "string" else member
        if is_object(inner) and has_any(inner, (*WRAPPERS, *PROGRAM_MEMBERS, *CONTROL_MEMBERS)):
            return inner
    return None


class Call:
    """An event taken apart: `bags`, innermost first, `levels` with arguments, outermost first, and `ids`."""

    def __init__(self, root):
        if root.kind() != "object":
            raise StateBagError("EVENT_INVALID", "an event must be an object; this one is %s" % root.kind())
        visited = [root]
        while len(visited) <= MAX_WRAPPERS:
            inner = unwrap(visited[-1])
            if inner is None:
                break
            visited.append(inner)
        assert_one_owner(visited)
        levels = end_at_bag(visited)
        bag, outer = levels[-1], levels[:-1]
        outer_bags = [level for level in outer if is_bag_of_its_own(level)]
        calls = [level for level in outer if level not in outer_bags]
        self.is_wrapped = any(is_call(level) or has_any(level, ARGUMENTS) for level in calls)
        self.levels = calls if self.is_wrapped else [bag]
        named = [level for level in levels if is_complete(level)][:1] or levels
        self.ids = {name: first(detect_id(level, name) for level in named) for name in ID_SPELLINGS}
        self.ids["executionId"] = first(execution(level) for level in reversed(levels))
        self.bags = [Bag(level, self.ids) for level in (bag, *reversed(outer_bags))]


def first(values):
    return next((value for value in values if value is not None), None)


def execution(level):
    return text_member(level, "idempotency_key") or None


def end_at_bag(visited):
    """Leaves out the innermost levels when they are not a bag and one further out is."""
    ends = [at + 1 for at, level in enumerate(visited) if is_bag(level) and (not is_call(level) or is_complete(level))]
    if not ends:
        return visited
    end = ends[-1]
    is_data = not any(has_any(level, INDEX_MEMBERS) for level in visited[end:])
    return visited[:end] if is_data or is_bag_of_its_own(visited[end - 1]) else visited


def assert_one_owner(levels):
    for level in levels:
        for name in ID_SPELLINGS:
            for spelling, member in id_members(level, name):
                if parse_id(member) is None:
                    raise StateBagError("ID_INVALID", "%s is %s, not text or a whole number" % (spelling, member.raw[:64]))
    for name in ID_SPELLINGS:
        named = {parse_id(member) for level in levels for _, member in id_members(level, name)}
        if len(named) > 1:
            raise StateBagError("OWNER_MISMATCH", "levels of the event name different values of %s" % name)


class Bag:
    """The members of a bag that hold a program or name where one is stored."""

    def __init__(self, value, ids):
        self.value = value
        self.ids = {**ids, "executionId": execution(value) or ids["executionId"]}
        self.config, self.map = Field(value.member(CONFIG)), Field(value.member(MAP))
        self.config_path, self.map_path = (Field(value.member(name), True) for name in (CONFIG_PATH, MAP_PATH))
        self.manifest_path = Field(value.member(MANIFEST_PATH), True)
        self.manifest_alias = Field(value.member(MANIFEST_ALIAS), True)
        manifest = value.member(MANIFEST)
        self.inline_manifest = None if is_missing(manifest) else manifest


# --- the program of a segment ----------------------------------------------------------------------------------------

GONE = {"POINTER_DANGLING", "POINTER_TARGET_INVALID", "POINTER_TARGET_TOO_LARGE", "POINTER_INVALID"}
REFUSED = {"POINTER_NOT_ALLOWED", "POINTER_FOREIGN_OWNER"}
SEGMENT_MEMBERS = ("segment_config", "segment_id", "nodes", "node_ids", "branches")


def parse_index(level, names=INDEX_MEMBERS):
    """The position that a level asks for: of the first of these members that is not null; None without one."""
    for name in names:
        value = level.member(name)
        if is_missing(value):
            continue
        text = value.text()
        number = float(text) if text is not None and re.fullmatch("[0-9]{1,9}", text) else value.number()
        if number is None or not number.is_integer() or not 0 <= number < 2**53:
            raise StateBagError("SEGMENT_INDEX_INVALID", "%s is %s, not a position in the map" % (name, value.raw[:40]))
        return int(number)
    return None


def index_or_none(level, names=INDEX_MEMBERS):
    try:
        return parse_index(level, names)
    except StateBagError:
        return None


def is_content_partition(value):
    """User data of the same name: elements {partition_id, items} without any member of a segment."""
    items = value.items()
    names = ("segment_config", "nodes", "type", "node_ids")
    return bool(items) and all(item.member("partition_id") is not None and not has_any(item, names) for item in items)


def entries(value):
    """Entries of a map in the order of their index: nulls of a list do not count, a dict has the keys 0 to n-1."""
    value = value.opened()
    if value.kind() == "array":
        if is_content_partition(value):
            raise StateBagError("MAP_IS_USER_DATA", "partition_map holds a partition of user data, not segments")
        return [item for item in value.items() if not is_missing(item)]
    if value.kind() != "object":
        raise StateBagError("MAP_INVALID", "partition_map is %s, where a list or a dict was expected" % value.kind())
    found = [value.member(str(index)) for index in range(len(value.members()))]
    if None in found:
        raise StateBagError("MAP_NOT_POSITIONAL", 'partition_map is a dict with other keys than "0" to "%d"' % (len(found) - 1))
    return found


def entry_at(value, index):
    value = value.opened()
    if value.kind() == "object":
        return value.member(str(index))
    found = entries(value)
    return found[index] if index < len(found) else None


def checked_program(program):
    """A program as it may be run: an object with members, no pointer, no copy, no failure marker."""
    if not is_object(program) or not program.members():
        raise StateBagError("SEGMENT_INVALID", "segment_config is not an object with members")
    if detect_pointer(program) or is_marker(program):
        raise StateBagError("SEGMENT_INVALID", "segment_config is a pointer where a program was expected")
    assert_not_added(program, "segment_config")
    if text_member(program, "type") == "error":
        raise StateBagError("SEGMENT_INVALID", 'segment_config has type "error", the failure marker of the legacy resolver')
    return program


def assert_not_added(value, where):
    if is_added(value):
        raise StateBagError("SEGMENT_IS_COPY", "%s is a copy of the program that the shim added to an earlier event" % where)


def out_of_range(index):
    return StateBagError("SEGMENT_OUT_OF_RANGE", "there is no segment %d; nothing is run in its place" % index)


def manifest_entries(document):
    """The entries in a stored manifest; None for another document: keys without digest get overwritten."""
    inner = document if document.kind() == "array" else document.member("segments")
    if inner is not None:
        return inner if holds_segments(inner.items()) else None
    found = [document.member(str(index)) for index in range(len(document.members()))]
    return document if None not in found and holds_segments(found) else None


def holds_segments(found):
    given = [item for item in found if not is_missing(item)]
    return all(is_object(item) for item in given) and any(has_any(item, SEGMENT_MEMBERS) for item in given)


def manifest_entry_at(document, found, index):
    """By position. In the envelope with a manifest_id entries may be missing; there their own ids decide."""
    entry = entry_at(found, index)
    if document is found or document.member("manifest_id") is None:
        return entry
    ids = lambda one: one.member("segment_id") and one.member("segment_id").number()
    if entry is not None and ids(entry) in (None, index):
        return entry
    return first(one for one in found.items() if ids(one) == index)


class Resolution:
    """Finds the program of a segment. Sources that are inline or verified come before keys that are written again."""

    def __init__(self, store, call, index):
        self.store, self.call, self.asked = store, call, index
        self.ids, self.gone, self.refused, self.is_map_gone = call.ids, None, None, False

    def resolve(self):
        for level in self.call.levels:
            program = self.in_event(level)
            if program is not None:
                return program
        for level in self.call.levels:
            found = self.branch_map(level)
            if found is not None:
                own = parse_index(level) or 0
                return self.pick(found, own if self.asked is None else self.asked)
            if self.call.is_wrapped and self.is_branch_call(level):
                raise StateBagError("BRANCH_NOT_FOUND", "the call is a branch's and leads to no segment of the branch")
        index = self.index()
        for bag in self.call.bags:
            self.ids = bag.ids
            for trust in ("safe", "mutable"):
                program = self.resolve_in(bag, index, trust)
                if program is not None:
                    return program
        raise self.refused or self.gone or StateBagError(
            "SEGMENT_NOT_FOUND", "segment_config not found: the event has no program and leads to none"
        )

    def index(self):
        if self.asked is not None:
            return self.asked
        levels = [*self.call.levels, *(bag.value for bag in self.call.bags)]
        return first(map(parse_index, levels)) or 0

    def in_event(self, level):
        """The program that the caller passed. A copy of one that the shim added is none."""
        value = level.member("segment_config")
        if not is_object(value) or not value.members() or is_added(value):
            return None
        index, following = (index_or_none(level, [name]) for name in ("segment_index", "segment_to_run"))
        if is_complete(level) and None not in (index, following) and index != following:
            raise StateBagError(
                "SEGMENT_CONTRADICTORY",
                "the bag has a segment_config for segment_index %d next to segment_to_run %d; remove both" % (index, following),
            )
        program = checked_program(value)
        return program if self.asked in (None, index_or_none(level)) else None

    # A branch: its own map beside the bag, in branch_config, or in the stored list of branches.

    def branch_config(self, level):
        config = level.member("branch_config")
        return None if is_missing(config) or is_added(config) else config

    def is_branch_call(self, level):
        config = self.branch_config(level)
        if config is not None and not is_empty_container(config):
            return True
        return any(not is_missing(level.member(name)) for name in ("branch_id", "branch_index"))

    def branch_map(self, level):
        found = self.own_map(level)
        is_usable = found is not None and not is_empty_container(found) and found.text() != ""
        return found if is_usable and not is_content_partition(found) else None

    def own_map(self, level):
        names_index = any(not is_missing(level.member(name)) for name in INDEX_MEMBERS)
        own = level.member(MAP)
        if self.call.is_wrapped and (self.is_branch_call(level) or names_index) and not is_missing(own):
            return self.value_of(own).opened()
        config = self.branch_config(level)
        if config is None:
            return None
        branch = self.value_of(config)
        own = branch.member(MAP)
        if not is_missing(own):
            return self.value_of(own).opened()
        path = text_member(branch, "branches_s3_path")
        return None if path is None or detect_pointer(branch) else self.stored_branch(branch, path)

    def stored_branch(self, branch, path):
        stored = follow(self.store, Pointer(detect_target(path)), self.ids)
        position = branch.member("branch_index")
        number = position and position.number()
        is_position = number is not None and number.is_integer() and number >= 0
        entry = entry_at(stored, int(number)) if is_position else None
        found = entry and entry.member(MAP)
        if is_missing(found):
            raise StateBagError("BRANCH_NOT_FOUND", "the stored list of branches has no map for this branch")
        return found

    def value_of(self, value):
        pointer = detect_pointer(value)
        return follow(self.store, pointer, self.ids) if pointer else value

    # The sources of one bag, in order.

    def resolve_in(self, bag, index, trust):
        sources = {
            "safe": (self.from_map, self.from_manifest, self.from_map_path, self.from_inline_manifest, self.from_config),
            "mutable": (self.from_map, self.from_map_path, self.from_manifest, self.from_config),
        }
        for source in sources[trust]:
            program = source(bag, index, trust)
            if program is not None:
                return program
        return None

    def from_map(self, bag, index, trust):
        if bag.map.state == "inline":
            return self.pick_usable(bag.map.value, index) if trust == "safe" else None
        return self.from_stored_map(bag.map, index, trust)

    def from_map_path(self, bag, index, trust):
        return self.from_stored_map(bag.map_path, index, trust)

    def from_stored_map(self, field, index, trust):
        if field.state != "pointer" or not self.may_ask(field.pointer, trust):
            return None
        found = self.load_unless_gone(field.pointer)
        self.is_map_gone = self.is_map_gone or found is None
        return None if found is None else self.pick_usable(found, index)

    def from_manifest(self, bag, index, trust):
        own = [level for level in self.call.levels if all(level is not one.value for one in self.call.bags)]
        paths = [Field(level.member(name), True) for level in own for name in (MANIFEST_PATH, MANIFEST_ALIAS)]
        for field in (bag.manifest_path, bag.manifest_alias, *paths):
            if field.state != "pointer" or not self.may_ask(field.pointer, trust):
                continue
            document = self.load_unless_gone(field.pointer)
            found = None if document is None else manifest_entries(document)
            if found is not None:
                return self.program(manifest_entry_at(document, found, index), index)
        return None

    def from_inline_manifest(self, bag, index, trust):
        items = bag.inline_manifest.items() if bag.inline_manifest is not None else []
        is_whole = items and all(item.member("segment_config") is not None for item in items)
        return self.pick(bag.inline_manifest, index) if is_whole else None

    def from_config(self, bag, index, trust):
        """Only whether there is a config: the partitioner, which cuts it into segments, is left out."""
        field = bag.config if bag.config.state in ("inline", "pointer") else bag.config_path
        if bag.config.state == "inline":
            found = bag.config.value if trust == "safe" else None
        elif field.state == "pointer" and self.may_ask(field.pointer, trust):
            found = self.load_unless_gone(field.pointer)
        else:
            found = None
        if found is None or is_empty_container(found.opened()):
            return None
        raise left_out("only workflow_config leads to the program, and this example does not cut it into segments")

    def pick_usable(self, value, index):
        found = value.opened()
        if found.kind() not in ("array", "object"):
            raise StateBagError("MAP_INVALID", "partition_map is %s, where a list or a dict was expected" % found.kind())
        return None if is_empty_map(found) or is_content_partition(found) else self.pick(found, index)

    def pick(self, found, index):
        return self.program(entry_at(found, index), index)

    def program(self, entry, index):
        """A nested entry holds its program or a pointer to it; a flat one is the program."""
        if entry is None:
            raise out_of_range(index)
        if not is_object(entry):
            raise StateBagError("SEGMENT_INVALID", "an entry is %s, not an object" % entry.kind())
        nested = entry.member("segment_config")
        return checked_program(entry if nested is None else self.value_of(nested))

    def may_ask(self, pointer, trust):
        """After a map that is gone, or a refused pointer, only sources are asked that cannot have changed since."""
        if pointer.is_verified:
            return trust == "safe"
        return trust == "mutable" and not self.is_map_gone and (self.refused is None or not pointer.is_mutable)

    def load_unless_gone(self, pointer):
        try:
            return follow(self.store, pointer, self.ids)
        except StateBagError as error:
            if error.code in REFUSED:
                self.refused = self.refused or error
            elif error.code in GONE:
                self.gone = self.gone or error
            else:
                raise
            return None


def segment_config(store, event_text, index=None):
    """Text of the program of the segment that an event asks for, or of the one at an index."""
    return Resolution(store, Call(parse(event_text)), index).resolve().raw


# --- writing ---------------------------------------------------------------------------------------------------------


def manifest(map_value):
    """The segment manifest of a map: the programs with their own bytes."""
    parts = []
    for index, entry in enumerate(entries(map_value)):
        nested = entry.member("segment_config")
        program = entry if nested is None else nested
        if detect_pointer(program):
            raise left_out("segment %d of partition_map is a pointer" % index)
        if not is_object(program):
            raise StateBagError("SEGMENT_INVALID", "segment %d of partition_map is not an object" % index)
        assert_not_added(program, "segment %d of partition_map" % index)
        kind = first((entry.member("type"), program.member("type")))
        kind = "null" if kind is None else kind.raw
        dependencies = entry.member("dependencies")
        parts.append(
            '{"segment_id":%d,"segment_type":%s,"segment_config":%s,"dependencies":%s,"execution_order":%d,"type":%s}'
            % (index, kind, program.raw, "[]" if is_missing(dependencies) else dependencies.raw, index, kind)
        )
    return "[%s]" % ",".join(parts)


def key_for(kind, ids, data):
    owner, workflow = encode_id(ids["ownerId"]), encode_id(ids["workflowId"])
    return LAYOUT[kind].format(ownerId=owner, workflowId=workflow, sha256=hashlib.sha256(data).hexdigest())


def put(store, key, data):
    """Writes a blob once, under its content address."""
    path = os.path.join(store, BUCKET, key)
    if os.path.exists(path):
        if read_object(store, BUCKET, key) != data:
            raise StateBagError("DIGEST_MISMATCH", "%s holds other bytes than its key names" % key)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = "%s.%d.tmp" % (path, os.getpid())
    with open(temporary, "wb") as file:
        file.write(data)
    os.replace(temporary, path)


def has_nulls(map_value):
    """True for a map with null in place of a segment, the maps in the branches of its programs included."""
    value = map_value.opened()
    for entry in value.items() or value.members().values():
        if is_missing(entry):
            return True
        branches = first((entry.member("segment_config"), entry)).member("branches")
        maps = [branch.member(MAP) for branch in (branches.items() if branches else [])]
        if any(found is not None and not detect_pointer(found) and has_nulls(found) for found in maps):
            return True
    return False


def bag_to_write(event_text):
    """The document and its one bag. What only the command rewrites is refused before anything is written."""
    root = parse(event_text)
    call = Call(root)
    bag = call.bags[0]
    if len(call.bags) > 1 or bag.value.document is not root.document:
        raise left_out("a bag in a JSON string, or one bag in another, is not rewritten here")
    if not is_bag(bag.value) or bag.value.member("manifest_id") is not None or bag.inline_manifest is not None:
        raise left_out("a document without a bag, a manifest_id, or a segment_manifest is not rewritten here")
    paths = (bag.config_path, bag.map_path, bag.manifest_path, bag.manifest_alias)
    if any(field.state == "inline" or (field.pointer and not field.pointer.sha256) for field in paths):
        raise left_out("a path to a key without digest is not rewritten here")
    return root, bag


def stored_values(store, bag):
    """Config and map of a bag by their names: inline ones, and those behind pointers under the old names."""
    found = {}
    for name, field in ((CONFIG, bag.config), (MAP, bag.map)):
        if field.pointer and not field.pointer.is_verified:
            raise left_out("the pointer under %s has neither a checksum nor a digest" % name)
        if field.state in ("inline", "pointer"):
            found[name] = follow(store, field.pointer, bag.ids) if field.pointer else field.value
            if found[name].opened().kind() not in ("object", "array"):
                code = "MAP_INVALID" if name == MAP else "CONFIG_INVALID"
                raise StateBagError(code, "%s is %s" % (name, found[name].kind()))
            assert_not_added(found[name].opened(), name)
    map_value = found.get(MAP, bag.map.value if bag.map.state == "empty" else None)
    if not is_missing(map_value) and has_nulls(map_value):
        raise StateBagError("MAP_HAS_NULLS", "partition_map has null in place of a segment; old readers count it differently")
    return found


def splice(root, bag, members):
    """The document with other members in its bag. Everything else keeps its text."""
    text = "{%s}" % ",".join("%s:%s" % (json.dumps(name), member) for name, member in members)
    return root.document[: bag.value.start] + text + root.document[bag.value.end :]


def lean(store, event_text):
    """A bag in the lean form; its blobs are written before it names them. All other members keep their text."""
    root, bag = bag_to_write(event_text)
    if None in (bag.ids["ownerId"], bag.ids["workflowId"]):
        raise StateBagError("BAG_INVALID", "a lean bag names its owner and its workflow; this one does not")
    found = stored_values(store, bag)
    is_map_usable = MAP in found and not is_empty_map(found[MAP].opened())
    if not is_map_usable and bag.manifest_path.state != "pointer":
        raise left_out("the bag has no partition_map, and this example does not make a manifest of a workflow_config")
    blobs = {name: value.raw.encode() for name, value in found.items()}
    if is_map_usable:
        blobs[MANIFEST] = manifest(found[MAP]).encode()
    paths = {"state_bag_version": str(VERSION)}
    for name, data in blobs.items():
        key = key_for(name, bag.ids, data)
        put(store, key, data)
        paths[name + "_s3_path"] = json.dumps("s3://%s/%s" % (BUCKET, key), ensure_ascii=False)
    gone = {CONFIG, MAP, "_is_init", "_status", *paths}
    kept = [(name, value.raw) for name, value in bag.value.all_members() if name not in gone]
    return splice(root, bag, [*kept, *paths.items()])


EMPTY_LIST = parse("[]")


def bridge(store, event_text):
    """The same with pointers under the old names, which the legacy hydrator follows by itself."""
    root, bag = bag_to_write(event_text)
    if bag.value.member("light_config") is not None or not is_missing(bag.value.member("state_s3_path")):
        raise StateBagError("FLAT_ERA_BAG", "readers of this bag would run a pointer of the bridge form as the program")
    found = stored_values(store, bag)
    if any(detect_pointer(first((entry.member("segment_config"), entry))) for entry in entries(found.get(MAP, EMPTY_LIST))):
        raise left_out("an entry of partition_map is a pointer")
    start_time = bag.value.member("start_time")
    created_at = start_time.raw if start_time is not None and start_time.kind() == "number" else "0"
    pointers = {}
    for name, value in found.items():
        data = value.raw.encode()
        key = key_for(name, bag.ids, data)
        put(store, key, data)
        pointers[name] = (
            '{"__s3_pointer__":true,"bucket":%s,"key":%s,"size_bytes":%d,"checksum":"%s","field_name":"%s","created_at":%s}'
            % (json.dumps(BUCKET), json.dumps(key), len(data), hashlib.md5(data).hexdigest()[:8], name, created_at)
        )
    kept = [(name, value) for name, value in bag.value.all_members() if name not in ("_is_init", "_status")]
    return splice(root, bag, [(name, pointers.get(name, value.raw)) for name, value in kept])


# --- command ---------------------------------------------------------------------------------------------------------


def read(store, event_text):
    """All that a bag leads to, as JSON: the texts of config and map, and of each segment's program."""
    call = Call(parse(event_text))
    bag, answer = call.bags[0], {}
    for name, field, path in (("config", bag.config, bag.config_path), ("map", bag.map, bag.map_path)):
        source = field if field.state in ("inline", "pointer") else path
        value = follow(store, source.pointer, bag.ids) if source.pointer else source.value
        answer[name] = value.raw if source.state in ("inline", "pointer") else None
    answer["programs"] = []
    try:
        while True:
            answer["programs"].append(segment_config(store, event_text, len(answer["programs"])))
    except StateBagError as error:
        if error.code != "SEGMENT_OUT_OF_RANGE":
            raise
    return json.dumps(answer)


def main():
    """statebag.py lean|bridge|read|segment STORE [INDEX]: a document on standard input, the answer on standard output."""
    command, store, *rest = sys.argv[1:]
    answers = {
        "lean": lambda text: lean(store, text),
        "bridge": lambda text: bridge(store, text),
        "read": lambda text: read(store, text),
        "segment": lambda text: segment_config(store, text, int(rest[0]) if rest else None),
    }
    try:
        try:
            text = sys.stdin.buffer.read().decode()
        except UnicodeDecodeError as cause:
            raise StateBagError("JSON_SYNTAX", "the document is not UTF-8") from cause
        sys.stdout.buffer.write(answers[command](text).encode())
    except StateBagError as error:
        sys.exit("statebag.py: %s" % error)


if __name__ == "__main__":
    main()
