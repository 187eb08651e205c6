"""What the kernel says about processes, processors, memory and the disk."""
import os

HZ = os.sysconf("SC_CLK_TCK")
PF_KTHREAD = 0x200000


def busy_s():
    """Seconds of processor time that anybody used since boot."""
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return (v[0] + v[1] + v[2] + v[5] + v[6]) / HZ


def disk(path):
    """(writes, MB written, flushes) of the disk that path is on, since boot."""
    device = os.stat(path).st_dev
    with open("/proc/diskstats") as lines:
        for line in lines:
            f = line.split()
            if (int(f[0]), int(f[1])) == (os.major(device), os.minor(device)):
                return int(f[7]), int(f[9]) * 512 / 1e6, int(f[18]) if len(f) > 18 else 0
    return 0, 0, 0


def available_kb():
    with open("/proc/meminfo") as lines:
        for line in lines:
            if line.startswith("MemAvailable"):
                return int(line.split()[1])
    return 0


def tree(pid):
    """A process and all below it."""
    out, left = [], [pid]
    while left:
        q = left.pop()
        out.append(q)
        try:
            for t in os.listdir(f"/proc/{q}/task"):
                with open(f"/proc/{q}/task/{t}/children") as f:
                    left += [int(x) for x in f.read().split()]
        except OSError:
            pass
    return out


def stat(pid):
    """The fields of /proc/PID/stat behind the name; the first is number 3 of proc(5)."""
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()


def cpu_s(pid):
    """User and system time of one process."""
    f = stat(pid)
    return (int(f[11]) + int(f[12])) / HZ


def all_pids():
    return [int(q) for q in os.listdir("/proc") if q.isdigit()]


def root_below(pid, folder):
    """Whether a process lives in a root of its own below folder, as peers do."""
    return os.readlink(f"/proc/{pid}/root").startswith(folder)


def family_s(pid, folder):
    """Time of a server: its process tree, all that lives in its root, and the children these have reaped."""
    total, known = 0, set(tree(pid))
    for q in all_pids():
        try:
            if q in known or root_below(q, folder):
                total += sum(int(x) for x in stat(q)[11:15])
        except OSError:
            pass
    return total / HZ


def others(ours, folder):
    """{pid: seconds} of processes that are neither ours, nor a peer's, nor the kernel's."""
    out = {}
    for q in all_pids():
        if q in ours or q == 1:
            continue
        try:
            f = stat(q)
            if not int(f[6]) & PF_KTHREAD and not root_below(q, folder):
                out[q] = sum(int(x) for x in f[11:13]) / HZ
        except OSError:
            pass
    return out


def others_took(before, after):
    return sum(v - before.get(q, 0) for q, v in after.items() if q in before or v < 600)


def memory_kb(pid):
    """(PSS, RSS, private, processes) of a process tree."""
    want = {"Pss:": 0, "Rss:": 0, "Private_Clean:": 0, "Private_Dirty:": 0}
    n = 0
    for q in tree(pid):
        try:
            with open(f"/proc/{q}/smaps_rollup") as lines:
                for line in lines:
                    f = line.split()
                    if f[0] in want:
                        want[f[0]] += int(f[1])
            n += 1
        except OSError:
            pass
    return want["Pss:"], want["Rss:"], want["Private_Clean:"] + want["Private_Dirty:"], n


def put_first(pids, nice):
    """Priority for these: their own, and their session's where the kernel groups by session. Root only."""
    for q in pids:
        try:
            os.setpriority(os.PRIO_PROCESS, q, nice)
            with open(f"/proc/{q}/autogroup", "w") as f:
                f.write(str(nice))
        except OSError:
            pass
