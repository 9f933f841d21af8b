"""The protocol of tellina's sandbox "exec" for programs in Python 3.9 or newer. The standard library is enough.

A program is an object with a function for each call of docs/exec.md, and one line:

    tellina_exec.serve(MySandboxes())

A function gets a Request, and returns the fields of "ok", or a pair of these and a list of descriptors, which serve() closes
once it has sent them. It reports an error by raising Error. Each call runs on a thread of its own; the calls of one sandbox come
one after another, except destroy(). When the server wants no more, serve() waits a moment for the calls under way, and calls the
object's close(), if it has one.
"""

import json
import os
import signal
import socket
import sys
import threading
import time

VERSION = 1
LARGEST_PACKET = 64 * 1024
TIME_TO_END = 2  # seconds; a program is killed three seconds after the end of its socket


class Error(Exception):
    """`code` is a name of docs/exec.md; `path` leads to a wrong setting, such as ["disk", 0]."""

    def __init__(self, code, message, hint="", path=None):
        super().__init__(message)
        self.fields = {"code": code, "message": message, "hint": hint}
        if path is not None:
            self.fields["path"] = path


class Request:
    """`fields` of the call; `descriptors` that came with it; `cancelled`, an Event: nobody waits for the answer any more."""

    def __init__(self, fields, descriptors, report=None):
        self.fields = fields
        self.descriptors = descriptors
        self.report = report
        self.cancelled = threading.Event()
        self.began = time.monotonic()

    def __getitem__(self, key):
        return self.fields[key]

    def progress(self, text):
        """During start(): tells the participant who waits what happens now, in one plain sentence."""
        if self.report is not None:
            self.report({"id": self.fields["id"], "progress": text})

    def time_left(self):
        """Seconds, if the call has a deadline."""
        return self.began + self.fields["deadline_ms"] / 1000 - time.monotonic()


def encode(packet):
    """Raises TypeError or ValueError for what is not JSON or too large. Names that are not UTF-8 get question marks."""
    data = json.dumps(packet, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")
    if len(data) > LARGEST_PACKET:
        raise ValueError(f"expected at most {LARGEST_PACKET} bytes, got {len(data)}")
    return data


def send(channel, packet, descriptors=()):
    socket.send_fds(channel, [encode(packet)], descriptors)


def receive(channel):
    """The next packet and its descriptors, or (None, []) at the end."""
    data, descriptors, _, _ = socket.recv_fds(channel, LARGEST_PACKET, 4, socket.MSG_CMSG_CLOEXEC)
    return (json.loads(data), descriptors) if data else (None, [])


def close_all(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


def check_settings(settings, defaults):
    """Returns the defaults with the settings. Raises Error for a setting without a default, or of another type."""
    for key, value in settings.items():
        if key not in defaults:
            raise Error("bad_config", f"unknown setting; known are {', '.join(sorted(defaults))}", path=[key])
        if type(value) is not type(defaults[key]):
            kinds = {bool: "true or false", int: "a whole number", str: "a string", list: "an array"}
            raise Error("bad_config", f"expected {kinds[type(defaults[key])]}, got {json.dumps(value)}", path=[key])
    return {**defaults, **settings}


class Server:
    def __init__(self, channel, backend):
        self.channel = channel
        self.backend = backend
        self.lock = threading.Lock()
        self.requests = {}
        self.threads = []

    def run(self):
        while True:
            fields, descriptors = receive(self.channel)
            if fields is None:
                return
            if fields["call"] == "cancel":
                with self.lock:
                    request = self.requests.get(fields["request"])
                if request:
                    request.cancelled.set()
                continue
            request = Request(fields, descriptors, self.report)
            with self.lock:
                self.requests[fields.get("id")] = request
            thread = threading.Thread(target=self.handle, args=[request], daemon=True)
            thread.start()
            self.threads = [one for one in self.threads if one.is_alive()] + [thread]

    def report(self, packet):
        try:
            send(self.channel, packet)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has ended

    def end(self):
        end = time.monotonic() + TIME_TO_END
        for thread in self.threads:
            thread.join(max(0, end - time.monotonic()))
        if hasattr(self.backend, "close"):
            self.backend.close()

    def handle(self, request):
        call = request["call"]
        descriptors = []
        try:
            function = getattr(self.backend, call, None)
            if function is None:
                raise Error("unsupported", f"this program has no call {call}")
            result = function(request)
            fields, descriptors = result if isinstance(result, tuple) else (result, [])
            answer = {"ok": fields or {}}
        except Error as error:
            answer = {"error": error.fields}
        except Exception as error:  # pylint: disable=broad-except
            sys.excepthook(*sys.exc_info())
            answer = {"error": {"code": "internal", "message": f"{type(error).__name__}: {error}"}}
        close_all(request.descriptors)
        with self.lock:
            self.requests.pop(request.fields.get("id"), None)
        if "id" in request.fields:
            try:
                socket.send_fds(self.channel, *self.packet(request, answer, descriptors))
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server has ended
        close_all(descriptors)

    @staticmethod
    def packet(request, answer, descriptors):
        """What to send: an error instead of an answer that cannot be sent."""
        try:
            return [encode({"id": request["id"], **answer})], descriptors
        except (TypeError, ValueError, RecursionError) as error:
            message = f"the answer to {request['call']}: {error}"
            return [encode({"id": request["id"], "error": {"code": "internal", "message": message}})], []


def serve(backend):
    """Returns when the server wants no more: then the program has to end its sandboxes, unless they can be adopted."""
    channel = socket.socket(fileno=int(os.environ["TELLINA_EXEC_SOCKET"]))
    os.set_inheritable(channel.fileno(), False)
    # The end of the socket says the same, and leaves time to clean up. A handler, because what is ignored is ignored in every
    # program that this one starts, too.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    server = Server(channel, backend)
    try:
        server.run()
    except ConnectionResetError:
        pass
    server.end()
