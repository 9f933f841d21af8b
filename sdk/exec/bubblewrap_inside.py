"""The part of bubblewrap.py that runs inside each sandbox: fills the home, starts shells, reads the home.

It ends when bubblewrap.py closes the socket, and bwrap then ends everything else in the sandbox.
"""

import ctypes
import decimal
import fcntl
import json
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import tarfile
import termios
import threading
import time

HOME = "/home/me"
ENVIRONMENT = {
    "HOME": HOME, "USER": "me", "LOGNAME": "me", "SHELL": "/bin/bash", "TERM": "xterm-256color", "COLORTERM": "truecolor",
    "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games", "LESSHISTFILE": "-",
}
PR_SET_DUMPABLE = 4


class Problem(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def fill_home(file):
    """Extracts the server's tar. Times come last, because each new entry changes its folder's time."""
    times = []
    path = ""
    try:
        with tarfile.open(fileobj=file, mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
            for entry in archive:
                path = os.path.normpath(os.path.join(HOME, entry.name))
                if entry.isdir():
                    if path != HOME:
                        os.mkdir(path)
                    os.chmod(path, entry.mode)
                elif entry.issym():
                    os.symlink(entry.linkname, path)
                else:
                    with open(path, "xb") as new:
                        if entry.issparse():
                            new.truncate(entry.size)
                        else:
                            new.write(archive.extractfile(entry).read())
                    os.chmod(path, entry.mode)
                seconds = entry.pax_headers.get("mtime", entry.mtime)
                times.append((path, int(decimal.Decimal(seconds).scaleb(9))))
        for path, nanoseconds in reversed(times):
            os.utime(path, ns=(nanoseconds, nanoseconds), follow_symlinks=False)
    except OSError as error:
        raise Problem("seed_failed", f"initial tree: {path}: {error.strerror}") from error


class Shell:
    def __init__(self, request, start):
        folder = start["working_directory"]
        folder = HOME + folder[1:] if folder.startswith("~") else folder
        if not os.path.isdir(folder):
            raise Problem("not_found", f"working_directory: expected a folder in the sandbox, got {folder}")
        self.terminal, own_end = os.openpty()
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", request["rows"], request["columns"], 0, 0))
        attributes = termios.tcgetattr(own_end)
        attributes[0] &= ~termios.IXON  # otherwise Ctrl-S stops the output until Ctrl-Q
        termios.tcsetattr(own_end, termios.TCSANOW, attributes)
        self.ended, ended = os.pipe()
        command = ["prlimit", f"--nproc={start['processes']}", "--nofile=1024",  # the server has raised its own
                   "setpriv", "--no-new-privs", "--ambient-caps=-all", "--inh-caps=-all",
                   "setsid", "--ctty", "/bin/bash", "--rcfile", "/run/tellina/share/tellina/shell/bashrc"]
        self.process = subprocess.Popen(command, stdin=own_end, stdout=own_end, stderr=own_end, cwd=folder,
                                        env={**ENVIRONMENT, **start["environment"]})
        os.close(own_end)
        self.watch = threading.Thread(target=self.report_end, args=[ended], daemon=True)
        self.watch.start()

    def report_end(self, ended):
        status = self.process.wait()
        try:
            os.write(ended, f"signal {-status}\n".encode() if status < 0 else f"exit {status}\n".encode())
        except BrokenPipeError:
            pass  # the server does not want to know any more
        finally:
            os.close(ended)


class Snapshot:
    """Writes the home as a tar. Opens nothing by a path, because participants replace folders by links meanwhile."""

    def __init__(self, request):
        self.request = request
        self.end = time.monotonic() + request["deadline_ms"] / 1000
        self.left = request["max_content_in_all"]
        self.entries = 0
        self.truncated = False
        self.raced = False
        self.file = os.memfd_create("snapshot")
        # PAX_FORMAT keeps names of any octets, and nanoseconds.
        with os.fdopen(os.dup(self.file), "wb") as output:
            with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as self.tar:
                home = os.open(HOME, os.O_RDONLY | os.O_DIRECTORY)
                self.tar.addfile(self.header(".", os.fstat(home)))
                self.add_folder(home, ".", 1)

    def header(self, path, status):
        entry = tarfile.TarInfo(path)
        entry.mode = stat.S_IMODE(status.st_mode)
        entry.uid = status.st_uid
        entry.pax_headers["mtime"] = format(decimal.Decimal(status.st_mtime_ns).scaleb(-9), "f")
        entry.type = tarfile.DIRTYPE
        return entry

    def add_folder(self, folder, path, depth):
        try:
            names = os.listdir(folder)
            if names and depth > self.request["max_depth"]:
                self.truncated = True
                return
            for name in names:
                if self.entries == self.request["max_entries"] or time.monotonic() > self.end:
                    self.truncated = True
                if self.truncated:
                    return
                self.entries += 1
                try:
                    self.add(folder, name, f"{path}/{name}", depth)
                except OSError:
                    self.raced = True
        finally:
            os.close(folder)

    def add(self, folder, name, path, depth):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        entry = self.header(path, status)
        if stat.S_ISDIR(status.st_mode):
            self.tar.addfile(entry)
            self.add_folder(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder), path, depth + 1)
        elif stat.S_ISLNK(status.st_mode):
            entry.type = tarfile.SYMTYPE
            entry.linkname = os.readlink(name, dir_fd=folder)
            self.tar.addfile(entry)
        elif stat.S_ISREG(status.st_mode):
            entry.type = tarfile.REGTYPE
            self.add_file(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), entry)
        else:
            entry.type = tarfile.FIFOTYPE
            self.tar.addfile(entry)

    def add_file(self, number, entry):
        with os.fdopen(number, "rb") as file:
            size = os.fstat(number).st_size
            if size > self.request["max_content_per_file"] or size > self.left:
                self.truncated |= size <= self.request["max_content_per_file"]
                entry.pax_headers["SCHILY.xattr.tellina.size"] = str(size)  # only its size
                self.tar.addfile(entry)
                return
            entry.size = len(content := file.read(size))
            self.left -= entry.size
            file.seek(0)
            self.tar.addfile(entry, Content(content))


class Content:
    def __init__(self, content):
        self.content = content

    def read(self, size):
        piece, self.content = self.content[:size], self.content[size:]
        return piece


def kill_all_others():
    """Returns when only bwrap and this process are left."""
    end = time.monotonic() + 8
    while others := [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if time.monotonic() > end:
            raise Problem("timed_out", f"processes do not end: {' '.join(others)}")
        time.sleep(0.005)


class Inside:
    def __init__(self):
        self.start_request = None
        self.shell = None

    def start(self, request, descriptors):
        self.start_request = request
        with os.fdopen(os.dup(descriptors[0]), "rb") as file:
            fill_home(file)
        return self.start_shell(request)

    def restart_shell(self, request, _):
        kill_all_others()
        self.shell.watch.join()
        return self.start_shell(request)

    def start_shell(self, request):
        self.shell = Shell(request, self.start_request)
        return {}, [self.shell.terminal, self.shell.ended]

    def snapshot(self, request, _):
        snapshot = Snapshot(request)
        return {"truncated": snapshot.truncated, "raced": snapshot.raced}, [snapshot.file]


def main():
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)  # participants have the same user: no debugger for them
    channel = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(channel.fileno(), False)
    inside = Inside()
    while True:
        data, received, _, _ = socket.recv_fds(channel, 64 * 1024, 4, socket.MSG_CMSG_CLOEXEC)
        if not data:
            return
        request = json.loads(data)
        descriptors = []
        try:
            fields, descriptors = getattr(inside, request["call"])(request, received)
            answer = {"ok": fields}
        except Problem as problem:
            answer = {"error": {"code": problem.code, "message": str(problem)}}
        except OSError as error:
            answer = {"error": {"code": "internal", "message": f"{request['call']}: {error}"}}
        for descriptor in received:
            os.close(descriptor)
        socket.send_fds(channel, [json.dumps(answer).encode()], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


main()
