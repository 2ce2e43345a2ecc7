/*
 * The text of every --help, made from the descriptions of the commands. Do not edit it:
 * UPDATE_CLI=1 npx vitest run test/cli/reference.test.ts
 */

export const HELP_SECTIONS: readonly string[] = [
  `statebag inspect: scan documents: what they are, what a migration would save

Usage: statebag inspect SOURCE… [options]
`,
  `Arguments
  SOURCE…  a file, a directory, a pipe, a glob in quotes, s3://bucket/prefix, dynamodb://table, sfn://{arn of a state machine}, or - for standard input; *.ndjson and *.jsonl hold a document a line
`,
  `What to look for
  --allow-empty       a source, file or object without documents is not a mistake
  --ignore <GLOB>…    leave out entries with such names, or with a slash such paths or URIs; the answer repeats it
  --to <lean|bridge>  the migration to calculate with (default lean, for rows of a table bridge)
`,
  `Store
  --store <S>  s3://bucket[/prefix], or a directory that holds <bucket>/<key>
`,
  `Which documents, and how fast
  --concurrency <N>  documents in hand at a time (default 8)
  --limit <N>        stop taking documents after N
  --shard <I/N>      the I-th of N parts; together the parts are everything, once
  --where <K=V>…     only bags whose member K has the value V
`,
  `Output
  --json      one JSON document on standard output and nothing else there
  --quiet     no progress and no hints
  --no-color  no colours (also: the environment variable NO_COLOR)
`,
  `Every command
  --dry-run  change nothing; this command changes nothing without it either
`,
  `Store, further options (rarely needed)
  --bucket <NAME>           bucket inside a directory store (default local)
  --allow-bucket <NAME>…    further bucket in which pointers may lead to the same key layouts as in that of the store
  --allow-prefix <PREFIX>…  folder in which pointers may lead to any key: s3://bucket/prefix/, or prefix/ in the bucket of the store
`,
  `S3 (rarely needed)
  --endpoint <URL>                   an S3-compatible server or a VPC endpoint
  --region <NAME>                    AWS region (default that of the environment or profile)
  --path-style                       address buckets as host/bucket/key (always so with --endpoint)
  --kms-key <ID>                     KMS key for objects that are written without an encryption of their own
  --expected-bucket-owner <ACCOUNT>  account that must own every bucket
`,
  `DynamoDB (rarely needed)
  --dynamodb-endpoint <URL>  DynamoDB Local or a VPC endpoint (--endpoint is that of S3)
  --max-wcu <N>              write units a second, at most (default until the table throttles, then less)
  --max-rcu <N>              read units a second, at most
`,
  `Keys of blobs, with the placeholders {ownerId}, {workflowId} and {sha256} (rarely needed)
  --config-key <TEMPLATE>    of workflow_config (default workflow-configs/{ownerId}/{workflowId}/{sha256}/config.json)
  --map-key <TEMPLATE>       of partition_map (default workflow-partitions/{ownerId}/{workflowId}/{sha256}/partition_map.json)
  --manifest-key <TEMPLATE>  of the manifest (default workflow-manifests/{ownerId}/{workflowId}/{sha256}/segment_manifest.json)
`,
  `Examples
  # what is in a directory, and what a migration would save
  statebag inspect bags/
  # bags with pointers, which are followed in the store
  statebag inspect s3://my-bucket/paused/ --store s3://my-bucket
  # which bags are too large for Step Functions
  statebag inspect 'bags/**/*.json' --json | jq '.documents[] | select(.bytesBefore > 262144) | .id'
`,
  `Notes
  Nothing is written. A link to nothing is unreadable. Without --store, pointers are not followed, and their documents count as not known.
  Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters and compressed or not; other names are skipped, and listed.
`,
  `Exit codes
  0   success
  1   a document could not be migrated, something was not read or not understood, or the run was stopped
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag migrate: migrate state bags; a dry run unless --apply

Usage: statebag migrate SOURCE… --store S [options]
`,
  `Arguments
  SOURCE…  a file, a directory, a pipe, a glob in quotes, s3://bucket/prefix, dynamodb://table, or - for standard input; *.ndjson and *.jsonl hold a document a line
`,
  `What to do
  --apply                     write; without it, everything is computed and nothing is changed; not with --dry-run
  --dry-run                   what happens without --apply
  --to <lean|bridge>          form of the migrated bags; bridge refuses bags of the flat era (default lean, for rows of a table bridge)
  --manifest <list|envelope>  form of the segment manifest (default list)
  --out <DIR|FILE|->          write copies, and leave the sources as they are
  --plan-out <FILE>           write a plan for review; not with --apply, --plan
  --plan <FILE>               do what the plan says and nothing else; not with --where, --only-failed
  --allow-expiry              lifecycle rules may delete or archive blobs: every execution ends earlier
  --verify                    verify everything afterwards; only with --apply
  --journal <DIR>             where the journal is (default statebag-journal)
  --skip-damaged              skip damaged lines of the journal, and report how many
`,
  `Which documents, and how fast
  --concurrency <N>      documents in hand at a time (default 8)
  --control <FILE>       a file that is read twice a second: pause, resume, concurrency N or finish
  --limit <N>            stop taking documents after N
  --shard <I/N>          the I-th of N parts; together the parts are everything, once
  --where <K=V>…         only bags whose member K has the value V
  --workers <N>          processes to write with, each for a share of the files, objects or rows; not with --limit (default 1)
  --only-failed          only documents that failed or were quarantined, as the journal says
  --max-failures <N|P%>  stop when more than so many fail or are quarantined; what the journal says already is not counted
`,
  `What to look for
  --allow-empty     a source, file or object without documents is not a mistake
  --ignore <GLOB>…  leave out entries with such names, or with a slash such paths or URIs; the answer repeats it
`,
  `Examples
  # what would happen; nothing is written
  statebag migrate bags/ --store ./store
  # write, and verify what was written
  statebag migrate bags/ --store s3://my-bucket/statebag --apply --verify
  # paused executions in a bucket, with three processes (this is the first)
  statebag migrate s3://my-bucket/paused/ --store s3://my-bucket --apply --shard 1/3 --journal journal-1
  # all cores of this machine
  statebag migrate s3://my-bucket/paused/ --store s3://my-bucket --apply --workers 4
  # copies instead of a rewrite in place
  statebag migrate 'bags/**/*.json' --store ./store --out lean/ --apply
  # one bag through a pipe
  statebag migrate - --store ./store --apply < fat.json > lean.json
  # a plan, a review, and only what was reviewed
  statebag migrate bags/ --store ./store --plan-out plan.ndjson && statebag migrate bags/ --store ./store --plan plan.ndjson --apply
  # again only what failed
  statebag migrate bags/ --store ./store --apply --only-failed
`,
  `Notes
  Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters; other names are counted as skipped. A link to nothing fails like an unreadable file.
  To resume after an interruption, run the same command again. The journal records every planned and completed change.
  The first SIGINT or SIGTERM finishes the documents in hand, the second ends at once (exit 130).
  Every intent is on the disk before its document changes, so a kill at any moment loses nothing.
`,
  `Exit codes
  0   success
  1   a document failed, was quarantined or was not started, the run was stopped, or --verify found a difference
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag verify: check every migrated document against the journal

Usage: statebag verify [options]
`,
  `What to do
  --journal <DIR>   where the journal is (default statebag-journal)
  --skip-damaged    skip damaged lines of the journal, and report how many
  --allow-empty     a journal without a document that can still be verified is not a mistake
  --map <OLD=NEW>…  documents were moved: their paths or URIs start with OLD in the journal, and with NEW now
`,
  `Which documents, and how fast
  --concurrency <N>  documents in hand at a time (default 8)
`,
  `Examples
  # everything that the journal says was migrated
  statebag verify --journal statebag-journal
  # for a program
  statebag verify --journal statebag-journal --json
  # the documents have been moved
  statebag verify --journal statebag-journal --map /old/bags=/new/bags
  # the store has been moved
  statebag verify --journal statebag-journal --store /mnt/copy-of-store
`,
  `Notes
  Each document must be what was written and satisfy its schema. Journal and blobs must restore its original byte for byte, and every segment must resolve to the same program. Nothing is written.
  A document that was modified or removed since cannot be verified and is a finding. That is normal after a resume. A row of a paused execution that was resumed since counts as resumed, and is not a finding.
  A document whose source of segments a later run overwrote counts as not comparable (SOURCE_OVERWRITTEN): it is as it was written, and not verified. It is not a finding beside verified documents. When no document is verified, the exit code is 1.
  Only what was migrated is verified. When a run was stopped before its end, verify says so (isClosed in --json), and its exit code is about the migrated documents alone; the exit code of statebag status says whether the migration is finished.
`,
  `Exit codes
  0   success
  1   a document differs from what was written or cannot be verified, or none was migrated
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag rollback: restore the original bytes; a dry run unless --apply

Usage: statebag rollback [SOURCE…] [options]
`,
  `Arguments
  [SOURCE…]  a file, a directory, a glob in quotes, s3://bucket/prefix or dynamodb://table that the journal has
`,
  `What to do
  --apply           write; without it, everything is computed and nothing is changed; not with --dry-run
  --dry-run         what happens without --apply
  --journal <DIR>   where the journal is (default statebag-journal)
  --skip-damaged    skip damaged lines of the journal, and report how many
  --map <OLD=NEW>…  documents were moved: their paths or URIs start with OLD in the journal, and with NEW now
`,
  `Which documents, and how fast
  --run <ID>         only what this run migrated: its id, the beginning of it, or last
  --where <K=V>…     only documents with a bag whose member K had the value V
  --limit <N>        stop taking documents after N
  --concurrency <N>  documents in hand at a time (default 8)
  --control <FILE>   a file that is read twice a second: pause, resume, concurrency N or finish
`,
  `Examples
  # what would be restored; nothing is written
  statebag rollback --journal statebag-journal
  # restore
  statebag rollback --journal statebag-journal --apply
  # restore what the last run did to one owner
  statebag rollback --journal statebag-journal --run last --where ownerId=acme --apply
`,
  `Notes
  A document is restored only if it is still what the migration wrote; one that was modified since is left as it is and reported.
  A row of a paused execution that was resumed since is left as it is and counts as unchanged.
  Documents that are not chosen stay migrated.
  With --run, a document gets the bytes that it had before that run; what later runs did to it is undone, too.
  Blobs stay in the store. To restore what is left, run the same command again.
`,
  `Exit codes
  0   success
  1   a document could not be restored or was not started
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag status: print how far the migration of a journal is

Usage: statebag status [options]
`,
  `What to do
  --journal <DIR>  where the journal is (default statebag-journal)
  --skip-damaged   skip damaged lines of the journal, and report how many
`,
  `Examples
  # how far the migration is
  statebag status --journal statebag-journal
  # for a program
  statebag status --journal statebag-journal --json
`,
  `Notes
  Each document counts once, with the last result for it.
  A run did not reach its end when it was killed or stopped, reached --limit or --max-failures, or could not read a directory or link. Only a later complete run over the same sources covers that; --only-failed takes what was started, and does not.
  A document that failed, was quarantined or is unsettled counts as gone once a later complete run over the same sources, without --where, --plan or --only-failed, no longer finds it.
  A journal of --shard, --where or --plan says so and counts for that part only.
`,
  `Exit codes
  0   success
  1   documents failed, are quarantined or unsettled, or a run did not reach its end and no later complete run covered its sources
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag report: print the runs, outcomes by code and savings of a journal

Usage: statebag report [options]
`,
  `Output
  --html <FILE|->  write one self-contained page with charts; - for standard output; not with --json
  --dry-run        write no page
  --json           one JSON document on standard output and nothing else there
  --quiet          no progress and no hints
  --no-color       no colours (also: the environment variable NO_COLOR)
`,
  `Examples
  # everything that a journal has
  statebag report --journal statebag-journal
  # a page to read, print and pass on
  statebag report --journal statebag-journal --html report.html
  # for a program, with every finding
  statebag report --journal statebag-journal --json
`,
  `Notes
  A journal of --shard, --where or --plan says so and counts for that part only.
`,
  `statebag journal check: check every line of a journal and name the damaged ones

Usage: statebag journal check [DIR] [options]
`,
  `Arguments
  [DIR]  the journal; --journal DIR names it, too
`,
  `What to do
  --journal <DIR>  where the journal is (default statebag-journal)
`,
  `Examples
  # every damaged line of a journal
  statebag journal check statebag-journal
  # for a program
  statebag journal check --journal statebag-journal --json
`,
  `Notes
  Reads every line and writes nothing. A torn last line, which a killed run leaves, is not damage.
  A run counts its entries at its end. A journal that has fewer or more of them is incomplete (JOURNAL_INCOMPLETE).
  Exit 2 when there is no journal, or no run in it.
`,
  `Exit codes
  0   success
  1   a line is damaged, an entry that a run has written is missing, or a migrated document has no intent
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag can-contract: check whether the shim can be removed, and list what still needs it

Usage: statebag can-contract SOURCE… [options]
`,
  `What to look for
  --allow-empty      a source, file or object without documents is not a mistake
  --ignore <GLOB>…   leave out entries with such names, or with a slash such paths or URIs; the answer repeats it
  --allow-expiry     lifecycle rules may delete or archive blobs: every execution ends earlier
  --accept <bridge>  bags of the bridge form may stay: their readers understand pointers without the shim
`,
  `Examples
  # what is paused, in files, in a bucket, in a table and in executions
  statebag can-contract paused/ s3://my-bucket/paused/ dynamodb://TaskTokens-v3-prod sfn://arn:aws:states:eu-central-1:123456789012:stateMachine:engine
  # until when the last of them can be read
  statebag can-contract sfn://$ARN --json | jq -r '.documents[].until' | sort | tail -1
`,
  `Notes
  The answer is "yes", "no", or "not proven" when something was not read: a source without documents, a file that is skipped because of its name, a link to nothing, anything unreadable.
  Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters; a glob reads whatever it matches.
  --allow-empty is for empty sources only. A state machine without executions that run or may be redriven is not empty: it answers yes.
  Of an execution the input of the newest state entered is read: of those that run, and of those that failed less than 14 days ago and may be redriven.
  Only the sources that are named are read: name every table, bucket and state machine.
`,
  `Exit codes
  0   success
  1   something needs the shim or was not read; 0 is a proof
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag replay: check recorded executions: would the shim run the same programs?

Usage: statebag replay SOURCE… [options]
`,
  `Arguments
  SOURCE…  sfn://{arn of a state machine or map run}, or exported histories: a file, a directory, a glob in quotes, s3://bucket/prefix, or - for standard input; *.ndjson and *.jsonl hold a history a line
`,
  `What to replay
  --function <NAME>…       function or activity that runs segments: a name, a partial ARN or an ARN; a version or an alias counts (default all; events with an action or a task token run no segment)
  --limit <N>              executions, files or objects of each source; the newest of a state machine
  --allow-unread-children  executions and map runs that were started need not be among the sources
  --allow-running          exported histories may end before the end of the execution
`,
  `Examples
  # the executions of a state machine, before the mode rewrite
  statebag replay sfn://arn:aws:states:eu-central-1:123456789012:stateMachine:engine --store s3://my-bucket
  # an exported history
  aws stepfunctions get-execution-history --execution-arn $ARN --output json | statebag replay - --store s3://my-bucket
  # only the function that runs segments
  statebag replay histories/ --function engine-execute-segment --store s3://my-bucket
  # the steps whose program differs
  statebag replay histories/ --json | jq '.documents[] | select(.outcome == "differs")'
`,
  `Notes
  The answer is "yes" when every history was read and every step runs the same program, "no" when one does not, and "not proven" when something was not read, or when no step was compared. Nothing is written.
  The old rules are those of one era, "pre": the runner of February, the last release before lean bags. Bags of other eras, such as those with a state_s3_path or with a manifest alone, are not compared and make the answer "not proven". docs/replay.md says what is compared, and what is not.
  An execution that is running is compared up to its last event and counted as running. Of a state machine, that is no gap; of an exported history it is one, unless --allow-running is given.
  Pointers are followed in the store as it is now. An object that is gone or was replaced since cannot be replayed.
`,
  `Exit codes
  0   success
  1   a step runs another program, or something was not read; 0 is a proof for the recorded steps
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag gc: delete blobs that nothing points to; a dry run unless --apply

Usage: statebag gc SOURCE… --store S [options]
`,
  `What to do
  --apply           delete; without it, everything is computed and nothing is changed; not with --dry-run
  --dry-run         what happens without --apply
  --journal <DIR>…  journal of runs into this store; their rollback and verify stay possible
  --no-journal      no other journal of this store matters
`,
  `How long a blob is kept that nothing points to (the sum of the three)
  --execution <TIME>  the longest that an execution may run (default 366d)
  --redrive <TIME>    how long a failed execution may be redriven (default 14d)
  --audit <TIME>      how long an auditor may ask what ran (default 90d)
`,
  `Examples
  # what could be deleted; nothing is
  statebag gc s3://my-bucket/paused/ sfn://$ARN --store s3://my-bucket/bags --journal statebag-journal
  # delete it
  statebag gc s3://my-bucket/paused/ sfn://$ARN --store s3://my-bucket/bags --journal statebag-journal --apply
`,
  `Notes
  A blob is deleted when no source, no journal and no other blob names its digest, and when it was neither written nor reused for the time given. What would be deleted is printed, and the proof: what was searched.
  The journals of all runs into the store are needed, or --no-journal: a rollback needs blobs that only its journal names.
  Name every place where bags are. When something was not read or not understood, nothing is deleted: a source without documents, a pipe or a link to nothing in a directory, a file that is no JSON, anything unreadable. --allow-empty is for empty sources only; --ignore is for what can have no bag.
  Of a directory every file is searched, whatever its name, compressed ones too.
  Only keys of the layout that hold a digest are considered; everything else in the store stays.
  Of a store in a directory, temporary files and locks of killed runs are deleted too ("leftovers"). If it cannot be proven that their process has ended, temporary files are kept for 48 hours, and locks stay.
`,
  `Exit codes
  0   success
  1   something was not read, a blob could not be deleted, or the run was stopped
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag segment: print the segment_config that an event asks for

Usage: statebag segment FILE|- [options]
`,
  `Arguments
  FILE|-  a file, or - for standard input
`,
  `Which segment
  --index <N>  position in the map, from 0 (default the one that the event names)
`,
  `Output
  --json  with its index and where it was found: {"segmentIndex","source","segmentConfig"}
`,
  `Examples
  # the program that a runner runs for this event
  statebag segment event.json --store s3://my-bucket
  # another segment of the same workflow
  statebag segment event.json --index 3 --store ./store
  # an event that carries everything needs no store
  statebag segment - < fat.json
`,
  `Notes
  The bytes are those of the map or manifest, unchanged. An event without a program is an error, never another program.
`,
  `Exit codes
  0   success
  1   the event has no program, or it cannot be read
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag hydrate: print a document with the values that its pointers name

Usage: statebag hydrate FILE|- [options]
`,
  `Examples
  # a lean bag in the form that an old runner reads
  statebag hydrate lean.json --store s3://my-bucket
  # through a pipe
  statebag hydrate - --store ./store < lean.json > fat.json
`,
  `Notes
  workflow_config and partition_map get the bytes that they had; everything else stays as it is. The file is not changed.
`,
  `Exit codes
  0   success
  1   the document cannot be read, or a pointer in it cannot be followed
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag adapt: print an event as a wrapped runner receives it; stores the blobs

Usage: statebag adapt [FILE|-] --store S [options]
`,
  `Arguments
  [FILE|-]  a file, or - for standard input
`,
  `The runner
  --speaks <lean|fat|bridge>  what the runner finds under workflow_config and partition_map: nothing, the values, or legacy pointers (default lean)
  --no-segment                the runner runs no segment: none is looked for
  --envelope <PATH>…          where a bag may be, such as state_data.bag, or . for the root (default anywhere)
`,
  `What to do
  --ndjson   one document a line, for as long as there are lines; answers in order
  --dry-run  name the blobs without writing them
`,
  `Examples
  # what a wrapped runner receives for this event
  statebag adapt event.json --store ./store
  # as a filter in front of a runner
  statebag adapt --store s3://my-bucket < event.json | ./runner
  # a sidecar: one event a line, for as long as there are any
  statebag adapt --ndjson --store s3://my-bucket
`,
  `Notes
  Bags become lean, their blobs are written, and segment_config is added at the root, with the member added_by_statebag_shim as its mark. Every other byte stays as it is. An object that is not a bag passes unchanged.
  With --ndjson, the answer to a line that fails is {"errorType","errorMessage"}.
`,
  `Exit codes
  0   success
  1   the event, or with --ndjson a line, cannot be adapted
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag seal: convert a result before it is returned; stores the blobs

Usage: statebag seal [FILE|-] --store S [options]
`,
  `The event
  --event <FILE>  the event that the result answers, as it came in; not with --ndjson
  --with-events   each line is {"event": as it came in, "result": what the runner answered}; only with --ndjson
`,
  `Examples
  # convert the result of a runner
  statebag seal result.json --event event.json --store ./store
  # a sidecar: one result a line
  statebag seal --ndjson --store s3://my-bucket
  # the same with the events: what adapt added is removed, and what was lost is restored
  statebag seal --ndjson --with-events --store s3://my-bucket
`,
  `Notes
  Bags in the result become lean, within the budget of Step Functions; every other byte stays as it is. A result without a bag passes unchanged.
  With the event, seal removes what adapt added to it, and restores paths that a merge has lost.
`,
  `Exit codes
  0   success
  1   the result, or with --ndjson a line, cannot be sealed
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag runtime-proxy: run a proxy between Lambda and a runtime other than Node

Usage: statebag runtime-proxy -- COMMAND…
`,
  `Arguments
  -- COMMAND…  the command of the language runtime, with its arguments
`,
  `Examples
  # what the wrapper script of a function does
  statebag runtime-proxy -- python3 -m awslambdaric app.handler
`,
  `Notes
  Runs inside a Lambda function, between the service and the language runtime, and is configured by STATEBAG_… environment variables: see docs/runtime-proxy.md.
  Ends with the exit code of the runtime; 2 when a variable is wrong. STATEBAG_MODE=observe changes nothing.
`,
  `Exit codes
  0   success
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag validate: validate documents against their JSON Schema

Usage: statebag validate SOURCE… [options]
`,
  `What to check
  --schema <NAME|ID|FILE>   lean (or state-bag), fat, auto (the members of each document decide), another schema of the project, or a JSON Schema file (default lean)
  --max-bytes <N>           bytes that a document may have (default 262144, for bags only)
  --headroom <N>            a document within so many bytes of the limit produces a warning (default 8192)
  --expect <valid|invalid>  invalid: every document must fail, and one that does not is the error (default valid)
`,
  `Output
  --format <pretty|json|github|sarif|junit>  format of the report (default pretty)
  --json                                     the same as --format json
  --no-color                                 no colours (also: the environment variable NO_COLOR)
`,
  `Examples
  # every document must be a lean bag
  statebag validate bags/
  # old bags are expected, none may be over the limit
  statebag validate old-bags/ --schema fat
  # old and lean bags, manifests, journals: each by its members
  statebag validate mixed/ --schema auto
  # file names that may begin with a dash
  git ls-files -z bags/ | xargs -0 statebag validate --
  # the targets of pointers must exist too
  statebag validate bags/ --store s3://my-bucket
  # annotations in a pull request
  statebag validate 'fixtures/**/*.json' --format github
  # fixtures that must fail
  statebag validate fixtures/broken/ --expect invalid
  # in a pipe
  statebag validate - --json < bags.ndjson
`,
  `Notes
  Schemas: state-bag.v2 (lean, state-bag), state-bag.fat (fat), segment-manifest.v1, pointers.v1, journal.v1, plan.v1. A bag is validated out of its envelope.
  The answer is "yes", "no", or "not proven" when something was not read: a file that is skipped because of its name, a link to nothing, an empty file, anything unreadable.
  Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters and with .gz too; a glob reads whatever it matches.
  A source without a document is an error (exit 2) without --allow-empty. --ignore is for files that are not documents; the answer repeats it.
`,
  `Exit codes
  0   success
  1   a document is invalid, or is not a bag where a bag is expected, or something was not read
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag asl check: find states of a state machine that pass a program on

Usage: statebag asl check FILE… [options]
`,
  `Arguments
  FILE…  a file, a glob in quotes, - for standard input, or a directory that is searched for definitions
`,
  `Examples
  # every state that passes a program on
  statebag asl check machine.asl.json
  # templates too, as annotations in a pull request
  statebag asl check 'infra/**/*.yaml' --format github
`,
  `Notes
  Reads JSON and YAML, JSONPath and JSONata, and the definitions inside CloudFormation and SAM templates. Terraform files are not read.
`,
  `Exit codes
  0   success
  1   a state passes workflow_config or partition_map on, or a definition cannot be read
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag asl patch: rewrite these states; a dry run unless --apply

Usage: statebag asl patch FILE… [options]
`,
  `What to do
  --apply              write the files; without it, everything is computed and nothing is changed; not with --dry-run
  --dry-run            what happens without --apply
  --speaks <lean|fat>  fat: also pass the paths of both fields, for functions wrapped with \`speaks: "fat"\` (default lean)
`,
  `Examples
  # what a patch would change
  statebag asl patch machine.asl.json
  # change it
  statebag asl patch machine.asl.json --apply
`,
  `Notes
  Reads JSON and YAML, JSONPath and JSONata, and the definitions inside CloudFormation and SAM templates. Terraform files are not read.
  Prints the difference. What a person must change is reported after it.
`,
  `Exit codes
  0   success
  1   something is left that a person must change, or a definition cannot be read
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag schema diff: check whether a schema change breaks stored documents or readers

Usage: statebag schema diff OLD NEW [options]
`,
  `Arguments
  OLD  a schema of the project by name or $id, or a JSON Schema file
  NEW  the same
`,
  `What must hold
  --require <full|backward|forward>  backward: stored documents stay valid; forward: readers of the old schema can read new ones (default full: both)
  --bags <SOURCE>…                   documents to validate against both schemas: a file, directory, glob or s3://bucket/prefix
`,
  `Examples
  # what a new version does to stored bags and to old readers
  statebag schema diff state-bag.v2 drafts/state-bag.v3.json
  # only stored bags matter
  statebag schema diff old.json new.json --require backward
  # over real bags too
  statebag schema diff state-bag.v2 next.json --bags bags/
`,
  `Notes
  Backward: what satisfies OLD satisfies NEW. Forward: what satisfies NEW satisfies OLD.
`,
  `Exit codes
  0   success
  1   the requirement is broken, or cannot be decided
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag fleet plan: estimate a migration on S3 Batch Operations or a Distributed Map

Usage: statebag fleet plan SOURCE… --store S [options]
`,
  `Planning
  --rates <FILE>      JSON with rates that differ from the assumed ones
  --sample <N>        documents to look at for the plan (default 1000)
  --objects <N>       documents in the whole fleet; not with --inventory (default those of the sources or the inventory)
  --inventory <URI>   s3://bucket/…/manifest.json of an S3 inventory in CSV
  --to <lean|bridge>  form of the migrated bags (default lean, for rows of a table bridge)
`,
  `Examples
  # what each engine would take
  statebag fleet plan s3://my-bucket/paused/ --store s3://my-bucket/bags
  # of a table, from a larger sample
  statebag fleet plan dynamodb://TaskTokens --store s3://my-bucket/bags --sample 5000
`,
  `Notes
  Reads a sample and writes nothing. It counts requests and names no prices: multiply by those of your account and region. Retries, KMS requests and logs are not counted.
  Its rates are default quotas and measured times, and some are not published by AWS (docs/scale.md); --rates FILE has your own.
  How many blobs are new is a range: at least those of the sample, at most as many for each document as in the sample. A larger --sample makes it narrower.
`,
  `statebag fleet manifest: print what a job or a Map Run is to work on, one task a line

Usage: statebag fleet manifest [SOURCE…] [options]
`,
  `Arguments
  [SOURCE…]  a file, a directory, a pipe, a glob in quotes, s3://bucket/prefix, dynamodb://table, sfn://{arn of a state machine}, or - for standard input; *.ndjson and *.jsonl hold a document a line
`,
  `Manifest
  --format <csv|jsonl>  csv for S3 Batch Operations, jsonl for a Distributed Map (default by the name of --out)
  --out <FILE>          where the manifest goes (default standard output)
  --dry-run             count the tasks and write no manifest
  --census <FILE>       only what this file says is to be migrated: the output of inspect --json; not with --only-failed
  --inventory <URI>     s3://bucket/…/manifest.json of an S3 inventory in CSV
  --only-failed         only what failed according to --journal
  --lines <N>           cut the objects of an export into ranges of N lines (jsonl)
`,
  `Output
  --quiet  no progress and no hints
`,
  `Examples
  # for S3 Batch Operations, of what inspect found
  statebag inspect s3://my-bucket/paused/ --json > census.json; statebag fleet manifest --census census.json --out manifest.csv
  # for a Distributed Map, from an inventory
  statebag fleet manifest --inventory s3://my-inventory/…/manifest.json --out manifest.jsonl
  # only what failed
  statebag fleet manifest --only-failed --journal fleet-journal --out again.csv
`,
  `Notes
  Give a SOURCE, an --inventory, a --census, or --only-failed.
`,
  `statebag fleet collect: write a journal of what a job or a Map Run has done

Usage: statebag fleet collect [REPORT…] --records URI --store S [options]
`,
  `Arguments
  [REPORT…]  manifest.json of a completion report, or of the results of a Map Run, in S3
`,
  `Collecting
  --records <URI>     s3://bucket/prefix that the functions were given as STATEBAG_RECORDS
  --to <lean|bridge>  what the functions made of the bags (default lean)
  --dry-run           read the records and reports, and write no journal
`,
  `Examples
  # a journal of what a job or a Map Run has done
  statebag fleet collect s3://my-bucket/reports/job-1/manifest.json --records s3://my-bucket/records --store s3://my-bucket/bags --journal fleet-journal
`,
  `Notes
  Then status, report, verify, rollback and migrate --only-failed work with that journal. Run it again as often as you like, while the fleet works and afterwards.
`,
  `Exit codes
  0   success
  1   documents failed, were quarantined or were not started
  2   the command line or the configuration is wrong
  70  an error in the tool
`,
  `statebag completion: print a script that completes commands and options in a shell

Usage: statebag completion [SHELL] [options]
`,
  `Arguments
  [SHELL]  bash, zsh or fish; without it, the shell that $SHELL names
`,
  `Examples
  # for bash, from the next shell on
  statebag completion bash >> ~/.bashrc
  # for zsh
  statebag completion zsh >> ~/.zshrc
  # for fish
  statebag completion fish > ~/.config/fish/completions/statebag.fish
`,
  `Notes
  The script completes commands, options, values of options that are a choice, and files.
`,
];

/** The sections of each command, in their order. */
export const HELP_PAGES: Readonly<Record<string, readonly number[]>> = {
  inspect: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  migrate: [14, 15, 16, 3, 17, 18, 5, 7, 8, 9, 10, 19, 20, 21],
  verify: [22, 23, 24, 3, 5, 6, 7, 8, 9, 25, 26, 27],
  rollback: [28, 29, 30, 31, 3, 5, 7, 8, 9, 32, 33, 34],
  status: [35, 36, 5, 6, 37, 38, 39],
  report: [40, 36, 41, 42, 43, 39],
  'journal check': [44, 45, 46, 5, 6, 47, 48, 49],
  'can-contract': [50, 1, 51, 3, 24, 5, 6, 7, 8, 9, 10, 52, 53, 54],
  replay: [55, 56, 57, 18, 3, 5, 6, 7, 8, 10, 58, 59, 60],
  gc: [61, 1, 62, 63, 18, 3, 24, 5, 7, 8, 9, 10, 64, 65, 66],
  segment: [67, 68, 69, 3, 70, 6, 7, 8, 10, 71, 72, 73],
  hydrate: [74, 68, 3, 6, 7, 8, 10, 75, 76, 77],
  adapt: [78, 79, 3, 80, 81, 7, 8, 10, 82, 83, 84],
  seal: [85, 79, 3, 80, 81, 86, 7, 8, 10, 87, 88, 89],
  'runtime-proxy': [90, 91, 92, 93, 94],
  validate: [95, 1, 96, 18, 3, 97, 6, 7, 8, 10, 98, 99, 100],
  'asl check': [101, 102, 97, 6, 103, 104, 105],
  'asl patch': [106, 102, 107, 97, 108, 109, 110],
  'schema diff': [111, 112, 113, 97, 6, 8, 114, 115, 116],
  'fleet plan': [117, 15, 118, 3, 24, 5, 6, 7, 8, 10, 9, 119, 120, 94],
  'fleet manifest': [121, 122, 123, 46, 3, 124, 7, 8, 10, 9, 125, 126, 94],
  'fleet collect': [127, 128, 129, 46, 3, 5, 7, 8, 10, 9, 130, 131, 132],
  completion: [133, 134, 6, 135, 136, 94],
};
