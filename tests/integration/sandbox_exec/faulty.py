#!/usr/bin/env python3
"""faulty.py FOLDER_OF_TELLINA_EXEC: a program for the sandbox "exec" with the fault that its settings name.

{"fault": FAULT, "at": CALL, "once": FILE}: the fault comes at this call, and only if FILE does not exist yet; it is created.
Without a fault it is a plain sandbox in a folder of {"folder": FOLDER}, named like the sandbox.
"""

import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time

sys.path.insert(0, sys.argv[1])

import tellina_exec  # noqa: E402
from tellina_exec import Error  # noqa: E402

ENDLESS = 3600


class Faulty:
    def __init__(self):
        self.settings = {}
        self.shells = {}

    def hello(self, request):
        self.settings = request["settings"]
        if "size" in self.settings:
            raise Error("bad_config", "expected a whole number, got \"x\"", path=["size"])
        return {"version": self.settings.get("version", 1)}

    def probe(self, request):
        return {"usable": True, "limits": [], **self.settings.get("probe", {})}

    def start(self, request):
        if "wrong" in request["options"]:
            raise Error("bad_config", "expected an image that exists", path=["wrong", 1])
        for text in request["options"].get("progress", []):
            request.progress(text)
        home = os.path.join(self.settings["folder"], request["sandbox"])
        os.mkdir(home)
        with open(os.path.join(home, "owner"), "w", encoding="utf-8") as file:
            file.write(request["owner"])
        state = {"state": self.settings["state"]} if "state" in self.settings else {}
        return state, self.shell(request["sandbox"])

    def shell(self, name):
        terminal, slave = os.openpty()
        ended, report = os.pipe()
        process = subprocess.Popen(["setsid", "--ctty", "sh", "-c", "echo ready; exec cat"], stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.shells[name] = process
        threading.Thread(target=self.report, args=[process, report], daemon=True).start()
        return [terminal, ended]

    def report(self, process, report):
        status = process.wait()
        os.write(report, self.settings.get("end", f"signal {-status}\n").encode())
        os.close(report)

    def restart_shell(self, request):
        self.shells[request["sandbox"]].kill()
        return {}, self.shell(request["sandbox"])

    def snapshot(self, request):
        if "asked" in self.settings:
            with open(self.settings["asked"], "w", encoding="utf-8") as file:
                json.dump({key: request.fields[key] for key in ("unless", "content_of") if key in request.fields}, file)
        state = self.settings.get("home_version", "")
        if "unless" in request.fields and request["unless"] == state or self.settings.get("says_unchanged"):
            return {"unchanged": True}
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w") as archive:
            archive.add(os.path.join(self.settings["folder"], request["sandbox"]), ".")
        file = os.memfd_create("snapshot")
        os.write(file, output.getvalue())
        return {"version": state}, [file]

    def destroy(self, request):
        process = self.shells.pop(request["sandbox"], None)
        if process:
            process.kill()
            process.wait()
        shutil.rmtree(os.path.join(self.settings["folder"], request["sandbox"]), ignore_errors=True)

    def adopt(self, request):
        raise Error("unsupported", "sandboxes end with this program")

    def sweep(self, request):
        removed = 0
        for name in os.listdir(self.settings["folder"]):
            file = os.path.join(self.settings["folder"], name, "owner")
            if os.path.exists(file) and open(file, encoding="utf-8").read() == request["owner"]:
                shutil.rmtree(os.path.dirname(file))
                removed += 1
        answers = {"no JSON": {removed}, "no number": float("nan"), "too large": "x" * 70_000}
        return {"removed": answers.get(self.settings.get("removed"), removed)}


class Server(tellina_exec.Server):
    """Commits the fault when the call comes, before it is handled."""

    kept = None
    held = None  # a start that waits until it is cancelled

    def run(self):
        while True:
            fields, descriptors = tellina_exec.receive(self.channel)
            if fields is None:
                return
            settings = fields["settings"] if fields["call"] == "hello" else self.backend.settings
            if fields["call"] == settings.get("at") and self.is_first(settings.get("once")):
                getattr(self, settings["fault"])(fields)
                if settings["fault"].startswith("answers"):
                    continue
            if fields["call"] == "start" and "wait" in fields["options"]:
                self.held = fields
                self.report({"id": fields["id"], "progress": "waiting"})
                continue
            if fields["call"] == "cancel" and self.held and fields["request"] == self.held["id"]:
                self.answers(self.held, {"error": {"code": "gone", "message": "cancelled"}})
                self.is_first(settings["cancelled"])
            if "id" in fields:
                self.handle(tellina_exec.Request(fields, descriptors, self.report))
            if fields["call"] == "destroy" and self.kept:
                kept, self.kept = self.kept, None
                self.handle(tellina_exec.Request(kept, []))
                self.is_first(settings["once"] + ".late")

    def is_first(self, file):
        if file is None:
            return True
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    def raw(self, packet, descriptors=()):
        tellina_exec.socket.send_fds(self.channel, [packet], descriptors)

    def crashes(self, fields):
        print("about to crash", file=sys.stderr, flush=True)
        os._exit(3)

    def is_slow(self, fields):
        while not os.path.exists(fields["settings"]["release"]):
            time.sleep(0.01)

    def sends_an_empty_packet(self, fields):
        self.raw(b"")

    def says_much_and_crashes(self, fields):
        # The largest pipe holds it all, so that this program ends before most of it is read.
        fcntl.fcntl(2, fcntl.F_SETPIPE_SZ, 1 << 20)
        os.write(2, b"x" * 900_000 + b"\n")
        self.crashes(fields)

    def is_killed(self, fields):
        os.kill(os.getpid(), 9)

    def hangs(self, fields):
        time.sleep(ENDLESS)

    def closes_its_socket(self, fields):
        self.channel.close()
        time.sleep(ENDLESS)

    def talks_garbage(self, fields):
        null = os.open("/dev/null", os.O_RDWR)
        self.raw(b"\xff\x00 no JSON", [null])
        self.raw(b"[1, 2]")
        self.raw(b'{"id": 999999, "ok": {}}', [null])
        self.raw(b'{"id": "x", "ok": {}}')
        self.raw(b'{"id": %d}' % fields["id"])
        self.raw(b"x" * 100_000, [null])
        self.raw(b'{"ok": {}}', [null] * 20)
        os.close(null)

    def talks_without_end(self, fields):
        for _ in range(20_000):
            print("x" * 100, flush=True)

    def answers(self, fields, answer, descriptors=()):
        self.raw(json.dumps({"id": fields["id"], **answer}).encode(), descriptors)

    def answers_without_descriptors(self, fields):
        self.answers(fields, {"ok": {}})

    def answers_with_many_descriptors(self, fields):
        null = os.open("/dev/null", os.O_RDWR)
        self.answers(fields, {"ok": {}}, [null] * 4)
        os.close(null)

    def answers_with_files(self, fields):
        files = [os.memfd_create("no_terminal") for _ in range(2)]
        self.answers(fields, {"ok": {}}, files)
        tellina_exec.close_all(files)

    def answers_with_half_a_terminal(self, fields):
        ends = os.pipe()
        self.answers(fields, {"ok": {}}, ends)
        tellina_exec.close_all(ends)

    def answers_with_garbage_as_tar(self, fields):
        file = os.memfd_create("garbage")
        os.write(file, b"garbage" * 1000)
        self.answers(fields, {"ok": {}}, [file])
        os.close(file)

    def answers_with_an_endless_pipe(self, fields):
        reading, writing = os.pipe()
        self.answers(fields, {"ok": {}}, [reading])
        os.close(reading)
        self.end_of_pipe = writing

    def answers_with_wrong_types(self, fields):
        self.answers(fields, {"ok": {"usable": 1, "limits": 7, "removed": "x", "version": []}})

    def answers_with_an_error(self, fields):
        self.answers(fields, {"error": {"code": "busy", "message": "no room", "hint": "make some"}})

    def answers_nothing(self, fields):
        pass

    def answers_after_destroy(self, fields):
        self.kept = fields


if __name__ == "__main__":
    import socket

    Server(socket.socket(fileno=int(os.environ["TELLINA_EXEC_SOCKET"])), Faulty()).run()
