#!/usr/bin/env python3
"""adopting.py FOLDER_OF_TELLINA_EXEC: a program for the sandbox "exec" whose sandboxes outlive it.

Each sandbox is a holder: a process in a session of its own that has a home, a shell and its terminal. It listens on a socket
/tmp/tellina-adopting.OWNER.ID/socket, through which this program, or the next one, asks it for the terminal.
"""

import ctypes
import glob
import io
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tarfile

sys.path.insert(0, sys.argv[1])

import tellina_exec  # noqa: E402
from tellina_exec import Error  # noqa: E402

PREFIX = "/tmp/tellina-adopting."
PR_SET_CHILD_SUBREAPER = 36


class Holder:
    """Runs in the holder's process."""

    def __init__(self, folder, environment, size):
        self.home = os.path.join(folder, "home")
        self.environment = environment
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(os.path.join(folder, "socket.new"))
        self.listener.listen()
        self.start_shell(size)
        os.rename(os.path.join(folder, "socket.new"), os.path.join(folder, "socket"))

    def start_shell(self, size):
        self.terminal, slave = os.openpty()
        os.set_inheritable(self.terminal, False)
        subprocess.run(["stty", "rows", str(size["rows"]), "columns", str(size["columns"])], stdin=slave, check=True)
        self.ended, self.report = os.pipe()
        environment = {"HOME": self.home, "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", **self.environment}
        self.shell = subprocess.Popen(["setsid", "--ctty", "bash", "--norc"], stdin=slave, stdout=slave, stderr=slave,
                                      cwd=self.home, env=environment)
        os.close(slave)

    def report_end(self):
        status = self.shell.poll()
        if self.report is None or status is None:
            return
        os.write(self.report, f"signal {-status}\n".encode() if status < 0 else f"exit {status}\n".encode())
        os.close(self.report)
        self.report = None

    def end_shell(self):
        """Children of a killed process become this process's, until there is none."""
        self.shell.kill()
        self.shell.wait()
        self.report_end()
        while children := open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii").read().split():
            for child in children:
                os.kill(int(child), signal.SIGKILL)
                os.waitpid(int(child), 0)

    def run(self):
        while True:
            if not select.select([self.listener], [], [], 0.02)[0]:
                self.report_end()
                continue
            connection, _ = self.listener.accept()
            request, _ = tellina_exec.receive(connection)
            if request["call"] in ("destroy", "restart_shell"):
                self.end_shell()
            if request["call"] == "restart_shell":
                self.start_shell(request)
            tellina_exec.send(connection, {"ok": {}}, [self.terminal, self.ended])
            if request["call"] == "destroy":
                return


class Adopting:
    def hello(self, request):
        return {"version": 1, "adopts": True}

    def probe(self, request):
        names = ["memory", "processes", "cpu", "disk bytes", "disk inodes", "network"]
        return {"usable": True, "limits": [{"name": name, "enforced": False, "how": "not isolated"} for name in names]}

    def start(self, request):
        folder = f"{PREFIX}{request['owner']}.{request['sandbox']}"
        os.mkdir(folder, 0o700)
        os.mkdir(os.path.join(folder, "home"))
        with os.fdopen(os.dup(request.descriptors[0]), "rb") as file:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                archive.extractall(os.path.join(folder, "home"))
        size = {"rows": request["rows"], "columns": request["columns"]}
        holder = [sys.executable, __file__, sys.argv[1], folder, json.dumps(request["environment"]), json.dumps(size)]
        subprocess.Popen(holder, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while not os.path.exists(os.path.join(folder, "socket")):
            if request.cancelled.wait(0.01):
                self.remove(folder)
                raise Error("timed_out", "the server does not wait any more")
        return {"state": folder}, self.ask(folder, {"call": "start"})

    def ask(self, folder, request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            try:
                connection.connect(os.path.join(folder, "socket"))
            except OSError as error:
                raise Error("gone", "no such sandbox") from error
            tellina_exec.send(connection, request)
            return tellina_exec.receive(connection)[1]

    def find(self, request):
        found = glob.glob(f"{PREFIX}*.{request['sandbox']}")
        if not found:
            raise Error("gone", "no such sandbox")
        return found[0]

    def restart_shell(self, request):
        return {}, self.ask(self.find(request), request.fields)

    def adopt(self, request):
        folder = request["state"] or self.find(request)
        return {"owner": folder[len(PREFIX):].split(".")[0], "state": folder}, self.ask(folder, request.fields)

    def snapshot(self, request):
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.add(os.path.join(self.find(request), "home"), ".")
        file = os.memfd_create("snapshot")
        os.write(file, output.getvalue())
        return {}, [file]

    def destroy(self, request):
        for folder in glob.glob(f"{PREFIX}*.{request['sandbox']}"):
            self.remove(folder)

    def remove(self, folder):
        try:
            tellina_exec.close_all(self.ask(folder, {"call": "destroy"}))
        except Error:
            pass
        shutil.rmtree(folder)

    def sweep(self, request):
        folders = [one for one in glob.glob(f"{PREFIX}{request['owner']}.*") if one.rsplit(".", 1)[1] not in request["keep"]]
        for folder in folders:
            self.remove(folder)
        return {"removed": len(folders)}


if len(sys.argv) > 2:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    Holder(sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])).run()
else:
    tellina_exec.serve(Adopting())
