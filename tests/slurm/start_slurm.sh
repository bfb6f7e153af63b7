#!/usr/bin/env bash
# A real Slurm of two nodes, n1 and n2, on this machine: loopback only, no systemd, no cgroups, everything below one folder.
# usage, as root: [CPUS=2] start_slurm.sh FOLDER CONTROLLER_PORT PORT_OF_N1 PORT_OF_N2
# then: export SLURM_CONF=FOLDER/slurm.conf
set -euo pipefail
FOLDER=$(readlink -m "$1")
CONTROLLER_PORT=$2
NODE_PORTS=("$3" "$4")
CPUS=${CPUS:-2}
HOST=$(hostname -s)

installed() { for command in slurmctld slurmd sbatch munged; do command -v "$command" >/dev/null || return 1; done; }
install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge && return
  apt-get update -qq && apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge
}
if ! installed; then
  command -v apt-get >/dev/null || { echo "Slurm is not installed, and there is no apt-get to install it with" >&2; exit 1; }
  timeout 120 bash -c "$(declare -f install_packages); install_packages" >/dev/null 2>&1 && installed ||
    { echo "apt-get cannot install Slurm" >&2; exit 1; }
fi

mkdir -p -m 755 "$FOLDER"/{state,log,munge,spool.n1,spool.n2}
# its own key and socket, nothing under /etc or /run; --force, because munged else refuses to be root
(umask 377; head -c 1024 /dev/urandom > "$FOLDER/munge/key")
munged --force --key-file="$FOLDER/munge/key" --socket="$FOLDER/munge/socket" --pid-file="$FOLDER/munge/pid" \
  --log-file="$FOLDER/munge/log" --seed-file="$FOLDER/munge/seed" --num-threads=2 2>/dev/null

# a GPU is a device that exists, here a second /dev/null: enough for Slurm to hand out
mknod "$FOLDER/gpu0" c 1 3 2>/dev/null || touch "$FOLDER/gpu0"
printf 'AutoDetect=off\nName=gpu File=%s/gpu0\n' "$FOLDER" > "$FOLDER/gres.conf"
# slurmd 22.05 loads some cgroup plugin whatever it is told; this one leaves /sys alone
echo "CgroupPlugin=cgroup/v1" > "$FOLDER/cgroup.conf"
cat > "$FOLDER/slurm.conf" <<END
ClusterName=vitrify
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=$CONTROLLER_PORT
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$FOLDER/munge/socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/spool.%n
SlurmctldPidFile=$FOLDER/slurmctld.pid
SlurmdPidFile=$FOLDER/slurmd.%n.pid
SlurmctldLogFile=$FOLDER/log/slurmctld.log
SlurmdLogFile=$FOLDER/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$FOLDER/jobs.txt
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
KillWait=3
MessageTimeout=5
OverTimeLimit=0
GresTypes=gpu
NodeName=n1 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=${NODE_PORTS[0]} CPUs=$CPUS RealMemory=4000 Gres=gpu:1
NodeName=n2 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=${NODE_PORTS[1]} CPUs=$CPUS RealMemory=4000 Gres=gpu:1
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END

export SLURM_CONF="$FOLDER/slurm.conf"
slurmctld -c -f "$SLURM_CONF"
for node in n1 n2; do slurmd -N "$node" -f "$SLURM_CONF"; done
for _ in $(seq 1200); do
  [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = 2 ] && exit 0
  sleep 0.1
done
echo "the nodes did not come up within 120 s: $(sinfo -h -N -o '%N %T %E' 2>&1 | tr '\n' ' ')" >&2
exit 1
