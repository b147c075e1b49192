"""A subject as a process that waits for its turn; the protocol is in benches/peers/README.md."""

import os
import select
import subprocess
import time

# Loading the largest model, or a pass of the slowest, takes seconds.
ANSWER_SECONDS = 300


class Failed(Exception):
    """A subject ended, or did not answer."""

    def __init__(self, message, code=None):
        super().__init__(message)
        self.code = code


class Process:
    """A running subject."""

    def __init__(self, command, core, log):
        self.log = log
        pinned = ["taskset", "--cpu-list", str(core)] if core is not None else []
        self.errors = open(log, "wb")
        # Whatever counts the machine's cores is to take one.
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.child = subprocess.Popen([*pinned, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                      env=environment)
        self.unread = b""

    def expect(self, word):
        """Waits for this answer."""
        if (found := self.line()) != word:
            raise Failed(f"it said {found!r} where {word!r} was expected")

    def ask(self, command):
        """Sends a command; the answer."""
        try:
            self.child.stdin.write(command.encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass
        return self.line()

    def check(self, form, file):
        """Lets it write its answers for all rows."""
        if (found := self.ask(f"check {form} {file}")) != "checked":
            raise Failed(f"it said {found!r} where \"checked\" was expected")

    def time(self, form, rows):
        """The nanoseconds that each of so many rows takes."""
        return float(self.ask(f"pass {form} {rows}"))

    def line(self):
        end = time.monotonic() + ANSWER_SECONDS
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.child.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                # It would take its core from those that go on without it.
                self.child.kill()
                raise Failed(f"no answer within {ANSWER_SECONDS} s")
            some = os.read(self.child.stdout.fileno(), 65536)
            if not some:
                code = self.child.wait()
                raise Failed(f"ended with exit code {code}: {self.said()}", code)
            self.unread += some
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode()

    def said(self):
        """The last lines that it wrote to standard error."""
        self.errors.flush()
        with open(self.log, errors="replace") as file:
            return "; ".join(line.strip() for line in file.read().splitlines()[-3:])[:300]

    def end(self):
        """Closes its input, which ends it."""
        self.child.stdin.close()
        try:
            self.child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()
        self.errors.close()
