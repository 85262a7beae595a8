# SPDX-License-Identifier: MIT
# Runs a program on a pseudo-terminal: sends keys, waits for what must appear. Steps come as JSON on
# standard input, the outcome leaves as JSON. It never sleeps: each wait is for output or an end.
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

WAIT_S = 30  # far more than anything takes; only a failure waits that long


def main():
    job = json.load(sys.stdin)
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(job["cwd"])
        os.execvpe(job["command"][0], job["command"], job["env"])
    set_size(fd, 24, job.get("columns", 80))
    before = termios.tcgetattr(fd)
    outcome = {"failure": None, "status": None, "signal": None, "restored": None}
    text, seen = b"", 0

    def read_more(deadline):
        nonlocal text
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            return False
        try:
            data = os.read(fd, 65536)
        except OSError:  # the program has ended
            return False
        text += data
        return bool(data)

    for step in job["steps"]:
        kind, value = step
        if kind == "send":
            os.write(fd, value.encode())
        elif kind == "hex":
            os.write(fd, bytes.fromhex(value))
        elif kind == "expect":
            wanted, deadline = value.encode(), time.monotonic() + WAIT_S
            while text.find(wanted, seen) < 0 and read_more(deadline):
                pass
            at = text.find(wanted, seen)
            if at < 0:
                outcome["failure"] = "never came: " + repr(value)
                break
            seen = at + len(wanted)
        elif kind == "columns":
            set_size(fd, 24, value)
        elif kind == "signal":
            os.kill(pid, getattr(signal, value))
        elif kind == "stopped":  # waits until the program has stopped itself
            os.waitpid(pid, os.WUNTRACED)
            outcome["restored"] = termios.tcgetattr(fd) == before
        elif kind == "end":
            deadline = time.monotonic() + WAIT_S
            while read_more(deadline):
                pass
    if outcome["failure"] is not None:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        outcome["signal"] = signal.Signals(os.WTERMSIG(status)).name
    else:
        outcome["status"] = os.WEXITSTATUS(status)
    outcome["text"] = text.decode("utf-8", "replace")
    json.dump(outcome, sys.stdout)


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


main()
