"""The runners of test/adapter/application-handlers.ts, for functions in Python. They know nothing of the shim.

PROGRAM_PLACE says how a runner comes by its program: `bag` or `event`. SERVICES is the address of what the runners of
the deployment share; test/real/application-services.ts serves it.
"""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

PLACE = os.environ["PROGRAM_PLACE"]
SERVICES = os.environ["SERVICES"]
FAILED = "upload has failed"
KNOWN_OF_PROGRAM = ["id", "type", "nodes", "node_ids"]
KNOWN = [
    *["ownerId", "workflowId", "idempotency_key", "segment_to_run", "total_segments", "loop_counter", "start_time"],
    *["state_history", "current_state", "bag", "segment_manifest", "workflow_config", "partition_map"],
]


def segment(event, _context):
    bag = open_bag(event)
    program = program_for(event)
    if program["type"] == "hitp" and str(program["id"]) not in bag["current_state"].get("answers", {}):
        current_state = {**bag["current_state"], "question": program["id"]}
        return {"state_data": {**bag, "current_state": current_state}, "next_action": "PAUSED_FOR_HITP"}
    if program["type"] == "parallel_group":
        note(bag, program)
        forked = {**advance(event, bag, program), "pending_branches": program["branches"]}
        return {"state_data": forked, "next_action": "PARALLEL_GROUP"}
    nodes = program.get("nodes") or [{"config": {}}]
    act = nodes[0]["config"].get("act", "answer with the bag")
    if act == "answer from a record":
        return run_once(event, program)
    if act == "call an inner runner":
        return {**inner({**event}, None), "next_action": "CONTINUE"}
    if act == "invoke an inner function":
        return json.loads(send("POST", "functions/inner", json.dumps(event)))
    if act == "fail once" and read_record(FAILED) is None:
        write_record(FAILED, "{}")
        return {"state_data": {**event}, "next_action": "CONTINUE", "error": {"message": "throttled"}}
    note(bag, program)
    if act == "write a row":
        send("POST", "rows", json.dumps({"context": {**event, **advance(event, bag, program)}}))
        return {"next_action": "ROW"}
    return ANSWERS[act](event, program)


def inner(event, _context):
    """A runner that gets a copy of an event and looks for its program as every runner does."""
    program = program_for(event)
    note(event, program)
    return {"state_data": advance(event, event, program)}


def run_once(event, program):
    """Does what an idempotency decorator does: it keeps the answer of the handler and gives it again."""
    key = f"{event['idempotency_key']}/{event['segment_to_run']}"
    record = read_record(key)
    if record is not None:
        return json.loads(record)
    note(event, program)
    answer = {"state_data": {**event, **advance(event, event, program)}, "next_action": "CONTINUE"}
    write_record(key, json.dumps(answer))
    return {**answer, "deliver_again": True}


def open_bag(event):
    """The bag of an event. A member `bag` of a bag belongs to the user."""
    data = event.get("state_data")
    if data is None:
        return event
    return data if "ownerId" in data else data["bag"]


def program_for(event):
    """An old runner takes its program from the map of the branch, or else from that of the bag."""
    if PLACE == "event":
        return event["segment_config"]
    bag = open_bag(event)
    index = event.get("segment_index", event.get("segment_to_run", bag["segment_to_run"]))
    return (event if "branch_id" in event else bag)["partition_map"][index]


def advance(event, bag, program):
    """The bag after a segment. A branch and an item of a Map leave its index alone."""
    state = bag["current_state"]
    seen = len(state["notes"])
    added = {node["id"]: {"says": node["config"]["prompt"], "seen": seen} for node in program.get("nodes") or []}
    return {
        **bag,
        "segment_to_run": bag["segment_to_run"] + (0 if "state_data" in event else 1),
        "state_history": [*bag["state_history"], program["id"]],
        "current_state": {**state, "notes": {**state["notes"], **added}},
    }


def answer_with_bag(event, program, **others):
    return {"state_data": advance(event, open_bag(event), program), **others}


def keep_state(event, program):
    """The whole event and the bag after a segment that leaves the state alone."""
    return {**event, **advance(event, event, program), "current_state": event["current_state"]}


def spread(event, program):
    if "state_data" not in event:
        return {**advance(event, event, program), "next_action": "ROOT"}
    return {**event, "state_data": advance(event, open_bag(event), program)}


def parse_loosely(event):
    """A parser that keeps members which it does not know, and fills in others."""
    if "segment_config" not in event:
        return event
    return {**event, "segment_config": {"edges": [], **event["segment_config"]}}


def parse_strictly(event):
    """A parser that removes members which it does not know, also those of the program."""
    known = pick(event, KNOWN)
    if "segment_config" not in event:
        return known
    return {**known, "segment_config": pick(event["segment_config"], KNOWN_OF_PROGRAM)}


def pick(value, names):
    return {name: value[name] for name in names if name in value}


ANSWERS = {
    "answer with the bag": answer_with_bag,
    "spread what a loose parser gives": lambda event, program: spread(parse_loosely(event), program),
    "spread what a stripping parser gives": lambda event, program: spread(parse_strictly(event), program),
    "start a child": lambda event, program: answer_with_bag(event, program, next_action="CHILD"),
    "distribute": lambda event, program: answer_with_bag(event, program, next_action="DISTRIBUTE"),
    "fail once": lambda event, program: answer_with_bag(event, program, next_action="CONTINUE"),
    "answer with text": lambda event, program: {
        "body": json.dumps({"bag": keep_state(event, program)}),
        "next_action": "TEXT",
    },
    "answer with a list": lambda event, program: {
        "results": [{"bag": keep_state(event, program)}],
        "next_action": "LIST",
    },
}


def note(bag, program):
    send("POST", "ran", " ".join([bag["workflowId"], str(program["id"]), program["type"], *program["node_ids"]]))


def read_record(key):
    try:
        return send("GET", f"records/{urllib.parse.quote(key, safe='')}")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def write_record(key, text):
    send("PUT", f"records/{urllib.parse.quote(key, safe='')}", text)


def send(method, path, body=None):
    data = None if body is None else body.encode()
    with urllib.request.urlopen(urllib.request.Request(f"{SERVICES}/{path}", data, method=method)) as answer:
        return answer.read().decode()
