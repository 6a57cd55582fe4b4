"""What the helper of `test_helper` does; apart from the tests, so that its process loads little."""

import os
import subprocess
import sys
import time
from threading import Event
from typing import Any

from api.helper import Note, Worker
from tomma.errors import ConflictError
from tomma.settings import Settings
from tomma.stores.wiring import Stores


def obedient(_: Settings, stores: Stores) -> Worker:
    """Does what the request says."""

    def work(request: Any, on_note: Note, stop: Event) -> Any:
        match request:
            case ("count", number):
                for each in range(number):
                    on_note(each)
                return os.getpid()
            case "conflict":
                raise ConflictError("the day is over")
            case ("until stopped", patience_s):
                on_note("begun")
                return stop.wait(patience_s)
            case "crash":
                raise ZeroDivisionError("in the middle")
            case "die":
                os._exit(3)
            case "sleep with a child":
                child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
                on_note(child.pid)
                time.sleep(600)
        return len(stores.plans.heads(limit=5))

    return work
