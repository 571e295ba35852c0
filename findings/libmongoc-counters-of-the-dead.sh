#!/usr/bin/env bash
# libmongoc 1.23.1: a process that was killed makes a later one, which never talks to MongoDB, write on stderr.
#
# One would guess: a driver's library is silent until it is used, and what it has to say goes to the handler that the program
# sets with mongoc_log_set_handler().
# What happens: the library keeps counters for mongoc-stat in shared memory, /dev/shm/mongoc-<number of the process>, and makes
# them when it is loaded, before main(). Only an orderly end removes them: after a kill, or _exit(), they stay, a file each
# time. The next process with that number cannot make its own, and says "Falling back to malloc for counters." on stderr, where
# no handler can be set yet. Numbers come again: in a container the program is number 1 each time, and some share /dev/shm.
# (MONGOC_DISABLE_SHM=1 in the environment keeps it from all that.)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq -o APT::Sandbox::User=root libmongoc-1.0-0=1.23.1-1+deb12u3 libbson-1.0-0=1.23.1-1+deb12u3 libmongocrypt0=1.7.2-1 > /dev/null
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$(find "$folder/root" -name libmongoc-1.0.so.0)")
export LD_LIBRARY_PATH

cat > load.py <<'PYTHON'
import ctypes, os, sys

library = ctypes.CDLL("libmongoc-1.0.so.0")
library.mongoc_get_version.restype = ctypes.c_char_p
print("process", os.getpid(), "with libmongoc", library.mongoc_get_version().decode(), flush=True)
if sys.argv[1] == "abruptly":
    os._exit(0)
PYTHON

# Its own /dev/shm, and numbers of processes that begin at 1 each time, as in a container.
# shellcheck disable=SC2016
unshare --user --map-root-user --mount bash -euc '
    mount -t tmpfs tmpfs /dev/shm
    once() {
        unshare --pid --fork python3 load.py "$1" 2>> stderr
        echo "  ends $1, left in /dev/shm: $(ls -m /dev/shm)"
    }
    once orderly
    [ -z "$(ls /dev/shm)" ] && [ ! -s stderr ]
    once abruptly
    [ "$(ls /dev/shm)" = mongoc-1 ] && [ ! -s stderr ]
    once orderly
    echo "  on stderr: $(cat stderr)"
    grep -q "Falling back to malloc for counters" stderr
'
echo "as described"
