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

import tellina_exec
from tellina_exec import Error

FOLDER = os.path.dirname(os.path.realpath(__file__))
DEFAULTS = {"disk_in_mib": 64, "processes": 64}
PARTICIPANT = 1000  # the user's number inside
NOBODY = 65534  # who that is outside, if the server runs as root
MIB = 1024 * 1024


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


class Sandbox:
    def __init__(self, settings, paths):
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

    def ask(self, request, descriptors=()):
        """Passes a call on, and returns the answer. Nothing that the inside says is trusted: it runs among participants."""
        tellina_exec.send(self.channel, request.fields, descriptors)
        answer, received = tellina_exec.receive(self.channel)
        if answer is None:
            raise Error("gone", "the sandbox has ended")
        if "error" in answer:
            tellina_exec.close_all(received)
            raise Error(answer["error"]["code"], answer["error"]["message"])
        return answer["ok"], received

    def end(self):
        try:
            signal.pidfd_send_signal(self.first, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.channel.shutdown(socket.SHUT_RDWR)
        if not select.select([self.first], [], [], 8)[0]:
            raise Error("timed_out", "processes of the sandbox did not end")
        self.process.wait()
        os.close(self.first)


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
            result = sandbox.ask(request, request.descriptors)
            if not request.cancelled.is_set():
                return result
            tellina_exec.close_all(result[1])
            raise Error("timed_out", "the server does not wait any more")
        except Exception:
            self.remove(name)
            raise

    def restart_shell(self, request):
        return self.find(request).ask(request)

    def snapshot(self, request):
        return self.find(request).ask(request)

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
            sandbox = self.sandboxes.pop(name, None)
        if sandbox is not None:
            sandbox.end()


if __name__ == "__main__":
    tellina_exec.serve(Bubblewrap())
    sys.exit()
