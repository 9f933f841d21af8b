#!/usr/bin/env python3
"""Sandboxes for tellina on bubblewrap: an example of a program for the sandbox "exec" (docs/exec.md).

    "sandbox": {"plugin": "exec", "command": ["/usr/share/tellina/exec/bubblewrap.py"], "settings": {"disk_in_mib": 20}}

Each sandbox is one bwrap with namespaces of its own, a read-only /usr of this machine, and a home in memory that vanishes with
it, so nothing needs to be swept. Inside runs bubblewrap_inside.py, which fills and reads the home and starts the shells; this
program passes it what the server asks. It needs Debian's packages bubblewrap and python3, and user namespaces.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import tellina_exec
from tellina_exec import Error

FOLDER = os.path.dirname(os.path.realpath(__file__))
DEFAULTS = {"disk_in_mib": 64, "processes": 64}
PARTICIPANT = 1000  # the user's number inside
NOBODY = 65534  # who that is outside, if the server runs as root
MIB = 1024 * 1024
ANSWER_TIME = 9  # seconds for a restart of the shell; the server waits for 10
SNAPSHOT_TIME = 1.2  # of its deadline: the inside stops at the deadline itself, and the server waits for 1.25 of it
SILENCE = 5  # seconds that an answer is overdue when a sandbox ends; the server does the same with this program
END_TIME = 8  # seconds


def bubblewrap_command(channel, info, passwd, group, settings, paths):
    """The whole isolation. Mounts are made in the order of the arguments."""
    disk = str(settings["disk_in_mib"] * MIB)
    command = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--clearenv", "--hostname", "study"]
    command += ["--uid", str(PARTICIPANT), "--gid", str(PARTICIPANT)]
    # For reading what a participant has forbidden himself to read. The shell does not get it.
    command += ["--cap-drop", "ALL", "--cap-add", "CAP_DAC_READ_SEARCH"]
    command += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib64"):
        command += ["--symlink", f"usr/{name}", f"/{name}"]
    for name in ("alternatives", "bash.bashrc", "bash_completion", "ld.so.cache", "localtime", "profile", "terminfo"):
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    command += ["--file", str(passwd), "/etc/passwd", "--file", str(group), "/etc/group"]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", disk, "--perms", "1777", "--tmpfs", "/dev/shm"]
    command += ["--size", disk, "--perms", "1777", "--tmpfs", "/tmp", "--size", disk, "--perms", "0755", "--tmpfs", "/home/me"]
    command += ["--ro-bind", paths["shell_folder"], "/run/tellina/share/tellina/shell"]
    command += ["--ro-bind", paths["shell_marks"], "/run/tellina/libexec/tellina/shell_marks.so"]
    command += ["--ro-bind", f"{FOLDER}/bubblewrap_inside.py", "/run/tellina/inside.py"]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/home/me", "--info-fd", str(info)]
    return command + ["/usr/bin/python3", "-I", "-S", "/run/tellina/inside.py", str(channel)]


def text_file(text):
    file = os.memfd_create("text")
    os.write(file, text.encode())
    os.lseek(file, 0, os.SEEK_SET)
    return file


def wait_for(descriptor, seconds):
    """Whether it becomes readable. poll, because select refuses numbers from 1024 on."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0, seconds) * 1000))


class Sandbox:
    """A call on each thread. `exchange` is held from a request to its answer, `ending` while the sandbox ends."""

    def __init__(self, settings, paths):
        self.exchange = threading.Lock()
        self.ending = threading.Lock()
        self.is_ended = False
        self.due = None  # when the answer is due that has not come yet
        self.channel, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        info, its_info = os.pipe()
        passwd = text_file(f"me:x:{PARTICIPANT}:{PARTICIPANT}:me:/home/me:/bin/bash\n")
        group = text_file(f"me:x:{PARTICIPANT}:\n")
        given = [its_end.fileno(), its_info, passwd, group]
        command = bubblewrap_command(*given, settings, paths)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            # No --die-with-parent: the "parent" is the thread that starts it, and that one ends soon. The server ends all that
            # this program leaves.
            self.process = subprocess.Popen(command, pass_fds=given, start_new_session=True, stdin=subprocess.DEVNULL, **user)
        except OSError as error:
            raise Error("unavailable", f"bwrap: {error.strerror}", "install bubblewrap (apt-get install bubblewrap)") from error
        finally:
            its_end.close()
            tellina_exec.close_all(given[1:])
        with os.fdopen(info) as file:
            said = file.read()
        if not said:
            status = self.process.wait()
            raise Error("unavailable", f"bwrap ended with status {status}; its message is in the log",
                        "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)")
        # The first process inside. When it has ended, the kernel has ended all others there.
        self.first = os.pidfd_open(json.loads(said)["child-pid"])

    def ask(self, request, seconds, descriptors=()):
        """Passes a call on, and returns the answer. Nothing that the inside says is trusted: it runs among participants, who can
        stop it. There is one unanswered request at most, so that no answer is taken for that of another request."""
        end = request.began + seconds
        if not self.exchange.acquire(timeout=max(0, end - time.monotonic())):
            raise Error("timed_out", "an earlier call on the sandbox has no answer yet")
        try:
            if self.due is not None:  # the call has timed out; its answer may still come
                tellina_exec.close_all(self.next_answer(request, end)[1])
            tellina_exec.send(self.channel, request.fields, descriptors)
            self.due = end
            answer, received = self.next_answer(request, end)
        except (BrokenPipeError, ConnectionResetError):
            raise Error("gone", "the sandbox has ended") from None
        finally:
            self.exchange.release()
        if "error" in answer:
            tellina_exec.close_all(received)
            raise Error(answer["error"]["code"], answer["error"]["message"])
        return answer["ok"], received

    def next_answer(self, request, end):
        """Raises Error when `end` has passed or the server does not wait any more, and ends a sandbox that is silent for long."""
        while not wait_for(self.channel, min(0.1, end - time.monotonic())):
            if time.monotonic() < end and not request.cancelled.is_set():
                continue
            if time.monotonic() - self.due < SILENCE:
                raise Error("timed_out", f"no answer to {request['call']} from inside the sandbox in time")
            self.kill()
            raise Error("gone", f"ended the sandbox: an answer from inside it is overdue by {SILENCE} s")
        self.due = None
        answer, received = tellina_exec.receive(self.channel)
        if answer is None:
            raise Error("gone", "the sandbox has ended")
        return answer, received

    def kill(self):
        with self.ending:
            if not self.is_ended:
                self.kill_first()

    def kill_first(self):
        try:
            signal.pidfd_send_signal(self.first, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def end(self):
        """Returns when all processes have ended. After an Error it can be called again."""
        with self.ending:
            if self.is_ended:
                return
            self.kill_first()
            self.channel.shutdown(socket.SHUT_RDWR)
            if not wait_for(self.first, END_TIME):
                raise Error("timed_out", "processes of the sandbox did not end")
            self.process.wait()
            os.close(self.first)
            self.is_ended = True


class Bubblewrap:
    def __init__(self):
        self.settings = DEFAULTS
        self.paths = {}
        self.sandboxes = {}
        self.lock = threading.Lock()

    def hello(self, request):
        self.settings = tellina_exec.check_settings(request["settings"], DEFAULTS)
        for key in ("disk_in_mib", "processes"):
            if self.settings[key] < 4:
                raise Error("bad_config", f"expected at least 4, got {self.settings[key]}", path=[key])
        self.paths = request.fields
        return {"version": tellina_exec.VERSION, "name": "bubblewrap", "adopts": False}

    def probe(self, request):
        Sandbox(self.settings, self.paths).end()
        limits = {
            "memory": (False, "only by what the machine has"),
            "processes": (True, f"{self.settings['processes']} per session, RLIMIT_NPROC in a user namespace"),
            "cpu": (False, "shared with everything on the machine"),
            "disk bytes": (True, f"{self.settings['disk_in_mib']} MiB per session, a file system in memory"),
            "disk inodes": (False, "only by the memory of the machine"),
            "network": (True, "a network namespace without devices"),
        }
        return {"usable": True, "limits": [{"name": name, "enforced": enforced, "how": how}
                                           for name, (enforced, how) in limits.items()]}

    def start(self, request):
        sandbox = Sandbox(self.settings, self.paths)
        name = request["sandbox"]
        with self.lock:
            self.sandboxes[name] = sandbox
        try:
            request.fields["processes"] = self.settings["processes"]
            result = sandbox.ask(request, request["deadline_ms"] / 1000, request.descriptors)
            if not request.cancelled.is_set():
                return result
            tellina_exec.close_all(result[1])
            raise Error("timed_out", "the server does not wait any more")
        except Exception:
            self.remove(name)
            raise

    def restart_shell(self, request):
        return self.find(request).ask(request, ANSWER_TIME)

    def snapshot(self, request):
        return self.find(request).ask(request, request["deadline_ms"] / 1000 * SNAPSHOT_TIME)

    def destroy(self, request):
        self.remove(request["sandbox"])

    def sweep(self, request):
        return {"removed": 0}  # nothing outlives this program

    def find(self, request):
        with self.lock:
            sandbox = self.sandboxes.get(request["sandbox"])
        if sandbox is None:
            raise Error("gone", "no such sandbox")
        return sandbox

    def remove(self, name):
        with self.lock:
            sandbox = self.sandboxes.get(name)
        if sandbox is None:
            return
        sandbox.end()
        with self.lock:  # only now: another attempt has to find it if this one fails
            self.sandboxes.pop(name, None)


if __name__ == "__main__":
    tellina_exec.serve(Bubblewrap())
    sys.exit()
