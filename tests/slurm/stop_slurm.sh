#!/usr/bin/env bash
# Ends what start_slurm.sh started in FOLDER: its jobs, its daemons, and what is left of either after a kill -9.
# usage: stop_slurm.sh FOLDER
FOLDER=$(readlink -m "$1")
export SLURM_CONF="$FOLDER/slurm.conf"
[ -e "$SLURM_CONF" ] || exit 0
exec 2>/dev/null  # processes end while they are looked at

names_it() {
  tr '\0' '\n' < "/proc/$1/cmdline" | grep -qF "$FOLDER/" ||
    tr '\0' '\n' < "/proc/$1/environ" | grep -qxF "SLURM_CONF=$SLURM_CONF"
}
is_daemon() { grep -qx "slurmctld\|slurmd\|slurmstepd\|munged" "/proc/$1/comm" && names_it "$1"; }  # numbers are used again
is_of_a_job() { tr '\0' '\n' < "/proc/$1/environ" | grep -q "^SLURM_JOB_ID=" && names_it "$1"; }
daemons() {
  for pid in $(cat "$FOLDER"/slurmd.*.pid "$FOLDER/slurmctld.pid" "$FOLDER/munge/pid"); do is_daemon "$pid" && echo "$pid"; done
}

timeout 5 scancel --user="$(id -un)"
for _ in $(seq 30); do [ -z "$(timeout 2 squeue -h)" ] && break; sleep 0.1; done
for pid in $(daemons); do kill "$pid"; done
for _ in $(seq 30); do [ -z "$(daemons)" ] && break; sleep 0.1; done
for place in /proc/[0-9]*; do
  pid=${place#/proc/}
  if is_daemon "$pid" || is_of_a_job "$pid"; then kill -9 "$pid"; fi
done
exit 0
