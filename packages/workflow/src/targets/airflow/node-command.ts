import { taskExitCodes } from './exit-codes.ts'

/** How long a task may take to stop after SIGTERM before its processes are ended, in seconds. */
const graceSeconds = 25

/**
 * What every node runs in bash. All that differs between nodes and runs comes by the environment. Its text goes through
 * Airflow's templates: no `{` may be followed by `{`, `%` or `#`.
 *
 * The task runs in a process group of its own, so that a signal for the whole group reaches it once, by way of the
 * trap, and so that nothing it started outlives it.
 */
export const nodeCommand = `set -u
folder=""
child=""
signalled=0

clean_up() {
  if [ -n "$child" ]; then kill -KILL -- "-$child" 2>/dev/null; fi
  if [ -n "$folder" ]; then rm -rf -- "$folder"; fi
}

# Passes a signal on, and ends what does not stop in time.
pass_on() {
  signalled=1
  if [ -z "$child" ]; then exit 143; fi
  kill -TERM -- "-$child" 2>/dev/null
  set -m
  ( sleep ${graceSeconds}; kill -KILL -- "-$child" ) </dev/null >/dev/null 2>&1 &
  watchdog=$!
  set +m
}

# Runs a command in the background, so that signals are seen while it runs, and leaves its exit code in \`code\`.
run() {
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  wait "$child"
  code=$?
  while [ "$signalled" = 1 ]; do
    signalled=2
    wait "$child"
    again=$?
    if [ "$again" != 127 ]; then code=$again; fi
  done
  kill -KILL -- "-$child" 2>/dev/null
  if [ -n "$watchdog" ]; then kill -KILL -- "-$watchdog" 2>/dev/null; watchdog=""; fi
  child=""
}

watchdog=""
trap clean_up EXIT
trap pass_on TERM INT HUP

echo "worker: host $HOSTNAME, process $$, allocation \${NOMAD_ALLOC_ID:-unknown-allocation-id} (\${NOMAD_ALLOC_NAME:-unknown-allocation-name}), group \${NOMAD_GROUP_NAME:-unknown-allocation-group}"
if ! command -v millrace >/dev/null; then
  echo "The command millrace is not on this worker's PATH. Install @millrace/cli on every worker of this queue." >&2
  exit 127
fi
folder=$(mktemp -d "\${TMPDIR:-/tmp}/millrace-task-XXXXXXXX") || exit 1
echo "folder: $folder"
ulimit -n "\${MAX_FILE_DESCRIPTORS:-1024}" || echo "MAX_FILE_DESCRIPTORS cannot be set to \${MAX_FILE_DESCRIPTORS:-1024} on this worker." >&2
ulimit -a

if [ -n "\${MILLRACE_TASK_PACKAGE:-}" ]; then
  run millrace task install --package "$MILLRACE_TASK_PACKAGE" --sha256 "$MILLRACE_TASK_SHA256" --into "$folder/package"
  if [ "$code" != 0 ]; then exit "$code"; fi
fi
run millrace task run --package-folder "$folder/package" --result "$folder/result.json"

# The result is the last line, which Airflow keeps for the nodes after this one.
if [ "$code" = 0 ] || [ "$code" = ${taskExitCodes.deferred} ]; then
  if [ -s "$folder/result.json" ]; then printf '%s\\n' "$(cat -- "$folder/result.json")"; fi
fi
exit "$code"
`
