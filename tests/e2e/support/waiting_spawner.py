#!/usr/bin/env python3
"""waiting_spawner.py FOLDER_OF_TELLINA_EXEC: sandboxes on bubblewrap that start when the file "open" exists in the folder of the
configuration. Until then it says what is in the file "progress"."""

import os
import sys

sys.path.insert(0, sys.argv[1])

import bubblewrap  # noqa: E402
import tellina_exec  # noqa: E402


class Waiting(bubblewrap.Bubblewrap):
    def probe(self, request):
        return {**super().probe(request), "start_deadline_ms": 120_000}

    def start(self, request):
        said = ""
        while not os.path.exists("open"):
            text = open("progress", encoding="utf-8").read() if os.path.exists("progress") else ""
            if text != said:
                said = text
                request.progress(text)
            if request.cancelled.wait(0.05):
                raise tellina_exec.Error("gone", "nobody waits")
        return super().start(request)


tellina_exec.serve(Waiting())
