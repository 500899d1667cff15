import { watchOwner } from '../python/bootstrap.ts'

/**
 * Arguments: file of the lock, seconds to wait for it, then lists of arguments of dbt as JSON, run one after the other.
 * Ends with 75 when the lock was not to be had.
 */
export const runDbt = `${watchOwner}
import fcntl, json, sys, time

lock_file, patience = sys.argv[1], float(sys.argv[2])
lock = open(lock_file, "w")
began = time.monotonic()
told = False
while True:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        break
    except BlockingIOError:
        if time.monotonic() - began > patience:
            sys.exit(75)
        if not told:
            print("Another run of dbt is at work on this project. This one waits for it.")
            told = True
        time.sleep(0.2)

from dbt.cli.main import dbtRunner

for arguments in sys.argv[3:]:
    done = dbtRunner().invoke(json.loads(arguments))
    if not done.success:
        if done.exception is not None:
            print(done.exception, file=sys.stderr)
        sys.exit(1)
`
