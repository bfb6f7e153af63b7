"""Files that runs, workers and logs leave in a store, written by hand."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict

from vitrify.campaign import Lease, Run

ELSEWHERE = "another-host"


def run_elsewhere(store, name="r1", *, workers=2, silent=1.0, began=None):
    """A run on another host, last heard of so many seconds ago."""
    path = store.directory / "runs" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    run = Run(name, ELSEWHERE, 77, 5, "boot", began or time.time() - 600, f"{workers} workers", workers)
    path.write_text(json.dumps(asdict(run)))
    os.utime(path, (time.time() - silent,) * 2)
    return run


def lease(store, run, key, *, pid=78, since=None):
    """A worker of a run that has a task in hand."""
    path = store.directory / "claims" / f"{key.replace('/', '__')}.json"
    path.parent.mkdir(exist_ok=True)
    found = Lease(key, run.name, run.host, pid, key, since or time.time() - 12)
    path.write_text(json.dumps(asdict(found)))
    return found


def log_line(store, key, *, ended, seconds, peak=150.0, outcome="made", host="h1", process=1):
    """A line of the log."""
    path = store.directory / "log" / f"r1.{host}.{process}.tsv"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(f"{key}\t{ended:.2f}\t{seconds:.4f}\t{peak:.1f}\t{outcome}\t{host}\n")


def tree(folder):
    """Every name below a folder with its times, bytes and target, so that any write shows."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        about = path.lstat()
        target = path.readlink() if path.is_symlink() else None
        found[path] = (about.st_mtime_ns, about.st_size, about.st_ino, target)
    return found
