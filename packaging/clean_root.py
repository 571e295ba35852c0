"""Clean Debian systems in folders, by debootstrap, and commands in them, each in mounts and processes of its own."""

import os
import re
import shutil
import subprocess
from pathlib import Path

TOOLS = ["debootstrap", "unshare", "chroot", "mount"]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Mounts vanish with the command; so do the processes that it leaves behind.
ENTER = """
root=$1 user=$2 folder=$3; shift 3
mount -t proc proc "$root/proc"; mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root${1%/*}"; touch "$root$1"; fi
    mount --rbind "$1" "$root$1"; mount -o remount,bind,ro "$root$1"
    shift
done
shift
exec chroot --userspec="$user" --groups="" "$root" env -i --chdir="$folder" "$@"
"""


def missing():
    """Why no clean root can be made here; None if one can."""
    if os.getuid() != 0:
        return "only root can make a clean Debian root and enter it"
    lacking = [tool for tool in TOOLS if not shutil.which(tool, path=os.environ.get("PATH", "") + ":" + PATH)]
    return f"{', '.join(lacking)} missing: apt-get install debootstrap" if lacking else None


class CleanRoot:
    def __init__(self, folder, suite, cache):
        """Unpacks the smallest Debian of this suite; the first time debootstrap makes it and it is kept in `cache`."""
        self.folder = Path(folder)
        archive = Path(cache) / f"debian-{suite}.tar"
        if not archive.exists():
            made = self.folder.with_name(self.folder.name + "-made")
            subprocess.run(["debootstrap", "--variant=minbase", suite, str(made), mirror()], check=True,
                           stdout=subprocess.DEVNULL)
            archive.parent.mkdir(parents=True, exist_ok=True)
            partial = archive.with_suffix(".partial")
            subprocess.run(["tar", "--numeric-owner", "-cf", str(partial), "-C", str(made), "."], check=True)
            partial.rename(archive)
            shutil.rmtree(made)
        self.folder.mkdir(parents=True)
        subprocess.run(["tar", "--numeric-owner", "-xpf", str(archive), "-C", str(self.folder)], check=True)
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")

    def run(self, command, environment=(), user="root", folder="/", binds=(), **options):
        """Runs a command, a list, as that user; `binds` are paths of this machine that it sees, read-only."""
        variables = {"PATH": PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **dict(environment)}
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ENTER, "sh", str(self.folder), user,
             folder, *binds, "--", *(f"{name}={value}" for name, value in variables.items()), *command], **options)

    def files(self):
        """Every path in it, beside what apt, dpkg and the kernel keep for themselves."""
        own = re.compile(r"/(proc|dev|sys|tmp|run|var/(cache|log|lib/(apt|dpkg|systemd|misc|pam)))(/|$)|/etc/ld.so.cache$"
                         r"|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$")
        paths = (str(Path(folder, name)) for folder, folders, names in os.walk(self.folder) for name in folders + names)
        return {path for path in (path[len(str(self.folder)):] for path in paths) if not own.match(path)}


def mirror():
    """The mirror of Debian that this machine uses."""
    for path in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]:
        if path.suffix in (".list", ".sources") and path.exists():
            for found in re.findall(r"^(?:deb\s+(?:\[.*?\]\s+)?|URIs:\s*)(\S*/debian/?)(?:\s|$)", path.read_text(), re.M):
                return found
    return "http://deb.debian.org/debian"
