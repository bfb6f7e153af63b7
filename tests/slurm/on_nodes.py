"""What tests send to the nodes."""

import os
import time


def where(pause=0.0):
    """The node, the job, and the environment of a worker, after a while."""
    time.sleep(pause)
    names = ("SLURMD_NODENAME", "SLURM_JOB_ID", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "FROM_PROLOGUE")
    return {name: os.environ.get(name) for name in names}
