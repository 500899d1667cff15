import { taskExitCodes } from './exit-codes.ts'

/** Largest output of a node, in bytes of JSON: what Airflow keeps of it fits into the column of every database it supports. */
export const largestOutputBytes = 48_000

/** What goes to a task in one piece, such as all outputs that it may see, in bytes: a variable of the environment holds 128 KiB. */
export const largestInputBytes = 120_000

/**
 * Functions that the file brings along. They run on the worker, when a task's templates are filled in, and read the run
 * from Airflow; what they return is the environment of the node's command.
 */
export const pythonRuntime = `
def _unmapped(task_id):
    return NODES[task_id]["mapOver"] is None


def _entries(ti, task_id):
    """What the items of a mapped task left behind, by their index; skipped items are missing."""
    found = ti.xcom_pull(task_ids=[task_id]) or []
    return sorted((entry for entry in found if entry is not None), key=lambda entry: entry["index"])


def _output(ti, task_id):
    if _unmapped(task_id):
        return ti.xcom_pull(task_ids=[task_id])[0]
    entries = _entries(ti, task_id)
    outputs = [None] * (entries[-1]["index"] + 1 if entries else 0)
    for entry in entries:
        outputs[entry["index"]] = entry["output"]
    return outputs


def _item(ti, task_id):
    source = NODES[task_id]["mapOver"]
    if source is None:
        return None
    if _unmapped(source):
        return _output(ti, source)[ti.map_index]
    return _entries(ti, source)[ti.map_index]["output"]


def _fitting(ti, text, what):
    if len(text.encode()) > ${largestInputBytes}:
        raise ValueError(
            f"{what} of {ti.task_id} take {len(text.encode())} bytes; under Airflow a task may be given ${largestInputBytes}. "
            "Write what is large to a file or a table, and hand on its name."
        )
    return text


def task_node(ti):
    """The node as its workflow's manifest has it."""
    return json.dumps({**WORKFLOW, "node": NODES[ti.task_id]})


def task_run(ti, dag_run, params):
    """What is known of this run only when it runs. The data interval follows from it and the schedule."""
    text = json.dumps(
        {
            "runId": ti.run_id,
            "type": str(getattr(dag_run.run_type, "value", dag_run.run_type)),
            "logicalDate": dag_run.logical_date.isoformat() if dag_run.logical_date else None,
            "runAfter": dag_run.run_after.isoformat(),
            "attempt": ti.try_number,
            "mapIndex": ti.map_index if (ti.map_index or 0) >= 0 and not _unmapped(ti.task_id) else None,
            "item": _item(ti, ti.task_id),
            "params": {
                name: value
                for name, value in dict(params).items()
                if (PARAMS is None or name in PARAMS) and (value is not None or name not in PARAMS_LEFT_OUT_WHEN_NULL)
            },
        }
    )
    return _fitting(ti, text, "The parameters and the item")


def task_outputs(ti):
    """Outputs of the nodes before this one, by their ids."""
    outputs = {task_id: _output(ti, task_id) for task_id in ANCESTORS[ti.task_id]}
    largest = max(outputs, key=lambda task_id: len(json.dumps(outputs[task_id])), default=None)
    return _fitting(ti, json.dumps(outputs), f"The outputs of other tasks (the largest: {largest}) for the run")


def report_failure(context):
    """Tells the failure bus. The task has failed already; nothing that happens here may change how."""
    try:
        ti = context["ti"]
        subprocess.run(
            ["millrace", "task", "report-failure", "--workflow", WORKFLOW["workflow"], "--version", WORKFLOW["version"]]
            + ["--task", ti.task_id, "--run-id", ti.run_id, "--log-url", str(getattr(ti, "log_url", ""))],
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
    except Exception as error:
        logging.getLogger(__name__).warning("The failure was not reported: %s", error)
`

/** Only where a mapped node needs it. */
export const mappedRuntime = `

def command_for(_item):
    """Every item of a mapped task runs the same command; it finds its item by its index."""
    return COMMAND


def no_arguments(_item):
    return {}
`

/**
 * Only where a node may wait. The worker is free between two looks, and what the last one left is kept. Airflow before
 * 3.3 has no place to keep it: there the command itself waits, as it does whenever it is given no state.
 */
export const waitingRuntime = `

def wait_for(ti, dag_run, params, task_state_store=None, **_):
    hook = SubprocessHook()

    def stop():
        try:
            hook.send_sigterm()
        except ProcessLookupError:
            pass

    ti.task.on_kill = stop
    state_key = f"millrace-{ti.try_number}"
    env = {
        **os.environ,
        "MILLRACE_TASK_NODE": task_node(ti),
        "MILLRACE_TASK_RUN": task_run(ti, dag_run, params),
        "MILLRACE_TASK_OUTPUTS": task_outputs(ti),
        "MILLRACE_TASK_PACKAGE": PACKAGE,
        "MILLRACE_TASK_SHA256": SHA256,
    }
    if task_state_store is not None:
        env["MILLRACE_TASK_STATE"] = task_state_store.get(state_key) or "null"
    try:
        ended = hook.run_command(command=["bash", "-c", COMMAND], env=env)
    except BaseException:
        stop()
        raise
    if ended.exit_code == ${taskExitCodes.skipped}:
        raise AirflowSkipException(f"{ti.task_id} has nothing to do.")
    if ended.exit_code == ${taskExitCodes.deferred}:
        left = json.loads(ended.output)
        task_state_store.set(state_key, json.dumps(left["state"]))
        raise AirflowRescheduleException(datetime.now(timezone.utc) + timedelta(seconds=left["seconds"]))
    if ended.exit_code != 0:
        raise AirflowException(f"{ti.task_id} ended with exit code {ended.exit_code}.")
    return PokeReturnValue(is_done=True, xcom_value=json.loads(ended.output))
`

/** Only where a node chooses. */
export const branchRuntime = `

def chosen(ti, task_id):
    """What a branch has chosen of the nodes after it."""
    return ti.xcom_pull(task_ids=[task_id])[0] or []
`
