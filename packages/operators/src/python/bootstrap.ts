/**
 * Ends the whole process group when the process that started it is gone: file descriptor 3 is a pipe that it holds open
 * and never writes to.
 */
export const watchOwner = `
import os, signal, threading

def _watch_owner():
    try:
        while os.read(3, 1):
            pass
    except OSError:
        return
    os.killpg(os.getpgid(0), signal.SIGKILL)

threading.Thread(target=_watch_owner, daemon=True).start()
`

/** Arguments: file of the code, its name for messages, file of the context, file of the result. */
export const runCode = `${watchOwner}
import json, linecache, sys, traceback

code_file, name, context_file, result_file = sys.argv[1:5]
sys.argv = [name]
sys.path[0] = os.path.dirname(os.path.abspath(code_file))
with open(context_file, encoding="utf-8") as file:
    context = json.load(file)
with open(code_file, encoding="utf-8") as file:
    source = file.read()
# Tracebacks show the lines of the code under its own name.
linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)

def finish(answer):
    aside = result_file + ".tmp"
    with open(aside, "w", encoding="utf-8") as file:
        json.dump(answer, file, allow_nan=False)
    os.replace(aside, result_file)

def fail(error, kind):
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == name]
    line = error.lineno if isinstance(error, SyntaxError) else (own[-1].lineno if own else None)
    trace = traceback.TracebackException.from_exception(error)
    trace.stack = traceback.StackSummary.from_list([frame for frame in frames if frame.filename != __file__])
    text = "".join(trace.format())
    sys.stderr.write(text)
    finish({"error": {"kind": kind, "type": type(error).__name__, "message": str(error), "line": line, "traceback": text}})
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)

try:
    program = compile(source, name, "exec")
except SyntaxError as error:
    fail(error, "syntax")
module = type(sys)("__main__")
module.__dict__.update({"__file__": code_file, "context": context})
sys.modules["__main__"] = module
try:
    exec(program, module.__dict__)
    result = module.run(context) if callable(getattr(module, "run", None)) else getattr(module, "result", None)
except SystemExit as error:
    if error.code not in (None, 0):
        raise
    result = getattr(module, "result", None)
except BaseException as error:
    fail(error, "raised")
try:
    finish({"result": result})
except (TypeError, ValueError) as error:
    fail(error, "result")
`

/**
 * Arguments: folder of the environment, file of the requirements. Waits for another process that makes the same one, and
 * removes environments beside it that nothing has used for 30 days.
 */
export const makeEnvironment = String.raw`${watchOwner}
import fcntl, json, shutil, subprocess, sys, time, venv

folder, requirements = sys.argv[1:3]
marker = os.path.join(folder, "complete.json")
with open(requirements, encoding="utf-8") as file:
    wanted = [line for line in file.read().splitlines() if line.strip()]
# The system gives the lock back when its holder ends, whatever ends it.
with open(folder + ".lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not os.path.exists(marker):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            venv.EnvBuilder(with_pip=bool(wanted), symlinks=True).create(folder)
        except (subprocess.CalledProcessError, ImportError) as error:
            sys.stderr.write(str(getattr(error, "output", None) or error) + "\n")
            sys.exit(3)
        python = os.path.join(folder, "bin", "python")
        if wanted:
            done = subprocess.run([python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
                                   "--progress-bar", "off", "-r", requirements])
            if done.returncode != 0:
                sys.exit(4)
        aside = marker + ".tmp"
        with open(aside, "w", encoding="utf-8") as file:
            json.dump({"requirements": wanted}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, marker)

cache = os.path.dirname(folder)
for name in os.listdir(cache):
    other = os.path.join(cache, name)
    used = os.path.join(other, "complete.json")
    try:
        if other == folder or time.time() - os.path.getmtime(used) < 30 * 86400:
            continue
        with open(other + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.remove(used)
            shutil.rmtree(other, ignore_errors=True)
    except OSError:
        continue
`
