"""What a Python user writes for a file of bags: round_trip.py [--orjson] INPUT OUTPUT. The work of round-trip.ts."""

import hashlib
import json
import sys


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def round_trip(line, loads, dumps):
    document = loads(line)
    bag = document.get("state_data") or document
    partition_map = bag["partition_map"]
    manifest = [
        {
            "segment_id": index,
            "segment_type": entry.get("type"),
            "segment_config": entry,
            "dependencies": [],
            "execution_order": index,
            "type": entry.get("type"),
        }
        for index, entry in enumerate(partition_map)
    ]
    config, old_map, new_manifest = (
        hashlib.sha256(dumps(value)).hexdigest() for value in (bag["workflow_config"], partition_map, manifest)
    )
    for name in ("workflow_config", "partition_map", "_is_init", "_status"):
        bag.pop(name, None)
    bag["state_bag_version"] = 2
    bag["workflow_config_s3_path"] = f"s3://local/workflow-configs/{config}/config.json"
    bag["partition_map_s3_path"] = f"s3://local/workflow-partitions/{old_map}/partition_map.json"
    bag["segment_manifest_s3_path"] = f"s3://local/workflow-manifests/{new_manifest}/segment_manifest.json"
    return dumps(document)


def main(arguments):
    if arguments[0] == "--orjson":
        import orjson

        loads, dumps, arguments = orjson.loads, orjson.dumps, arguments[1:]
    else:
        loads, dumps = json.loads, compact
    with open(arguments[0], "rb") as source, open(arguments[1], "wb") as target:
        for line in source:
            target.write(round_trip(line, loads, dumps))
            target.write(b"\n")


main(sys.argv[1:])
