"""Handlers as a workflow engine has them: none knows that a proxy stands before it."""
import json


def program_text(program):
    return json.dumps(program, sort_keys=True)


def next_step(bag, program):
    """The bag goes on to the next segment; the program that ran is told beside it."""
    return {
        "state_data": {**bag, "segment_to_run": bag["segment_to_run"] + 1},
        "ran": program_text(program),
        "next_action": "CONTINUE",
    }


def lean(event, context):
    """A runner of the new kind: its program comes with its event."""
    assert context.get_remaining_time_in_millis() > 0
    return next_step(event["state_data"], event["segment_config"])


def fat(event, context):
    """A runner of the old kind: it cuts its program out of the whole map."""
    bag = event["state_data"]
    assert bag["workflow_config"]["nodes"], "the config is there"
    return next_step(bag, bag["partition_map"][bag["segment_to_run"]])


def fail(event, context):
    raise ValueError("nothing to do with the proxy")
