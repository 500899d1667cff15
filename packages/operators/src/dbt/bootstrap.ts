import { watchOwner } from '../python/bootstrap.ts'

/** What `runDbt` gets as JSON; every list holds arguments of dbt. */
export interface DbtPlan {
  readonly lockFile: string
  readonly lockTimeoutSeconds: number
  /** Run first; null: there are no packages to install. */
  readonly deps: readonly string[] | null
  /** Models that are to be stored in another way than the project says. */
  readonly materialized: {
    readonly as: string
    readonly parse: readonly string[]
    readonly list: readonly string[]
  } | null
  readonly run: readonly string[]
}

/** Argument: a DbtPlan. Ends with 75 when the lock was not to be had. */
export const runDbt = `${watchOwner}
import fcntl, json, sys, time

plan = json.loads(sys.argv[1])
lock = open(plan["lockFile"], "w")
began = time.monotonic()
told = False
while True:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        break
    except BlockingIOError:
        if time.monotonic() - began > plan["lockTimeoutSeconds"]:
            sys.exit(75)
        if not told:
            print("Another run of dbt is at work on this project. This one waits for it.")
            told = True
        time.sleep(0.2)

from dbt.cli.main import dbtRunner

def invoke(arguments, manifest=None):
    done = dbtRunner(manifest=manifest).invoke(arguments)
    if not done.success:
        if done.exception is not None:
            print(done.exception, file=sys.stderr)
        sys.exit(1)
    return done.result

if plan["deps"] is not None:
    invoke(plan["deps"])
manifest = None
if plan["materialized"] is not None:
    manifest = invoke(plan["materialized"]["parse"])
    for listed in invoke(plan["materialized"]["list"], manifest):
        node = manifest.nodes[json.loads(listed)["unique_id"]]
        node.config["materialized"] = plan["materialized"]["as"]
        node.unrendered_config["materialized"] = plan["materialized"]["as"]
invoke(plan["run"], manifest)
`
