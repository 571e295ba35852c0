"""What a measurement ran on: the machine, its load, and the versions of what took part."""
import importlib.metadata
import os
import platform
import subprocess
import sys
import time

import psutil
import pymongo


QUIET = 0.5


def load_before():
    """The load at the beginning, once that of building has died away; after four minutes it is something else's."""
    deadline = time.monotonic() + 240
    while (load := os.getloadavg()[0]) > QUIET and time.monotonic() < deadline:
        time.sleep(5)
    if load > QUIET:
        print(f"the load of this machine is {load:.1f}: the numbers will be those of a busy machine", file=sys.stderr)
    return load


def machine(load):
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    return {"cpu": cpu or platform.machine(), "cores": os.cpu_count(),
            "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB", "kernel": platform.release(),
            "load_before": load}


def versions(client):
    """Of a run against the server of `client`; empty what cannot be told."""
    swift = output_of("swift", "--version").split("version ")
    return {
        "lockstep": output_of("git", "describe", "--always", "--dirty"),
        "mongodb": client.server_info()["version"],
        "libmongoc": output_of("pkg-config", "--modversion", "libmongoc-1.0"),
        "openvino": version_of("openvino"),
        "swift": swift[1].split(" ")[0] if len(swift) > 1 else "",
        "python": platform.python_version(), "pymongo": pymongo.version,
    }


def version_of(package):
    """Of a package of this Python."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def output_of(*command):
    try:
        return subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
