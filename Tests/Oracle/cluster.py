"""A replica set of three members with a small oplog, each behind a proxy."""
import shutil
import signal
import subprocess
import time

import pymongo
from pymongo.errors import PyMongoError

from network import Network, free_ports

SET = "torture"


class NoPrimary(RuntimeError):
    pass


class Member:
    def __init__(self, binary, folder, number, port):
        self.number = number
        self.port = port
        self.data = folder / f"member-{number}"
        self.log = folder / f"member-{number}.log"
        self.command = [
            binary, "--dbpath", str(self.data), "--port", str(port), "--bind_ip", "127.0.0.1", "--replSet", SET,
            "--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "16", "--syncdelay", "1", "--logpath", str(self.log),
            "--logappend", "--unixSocketPrefix", str(folder), "--setParameter", "diagnosticDataCollectionEnabled=false"]
        self.process = None
        # Past the proxy, for the run's own questions.
        self.direct = pymongo.MongoClient(
            f"mongodb://127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=2000,
            connectTimeoutMS=2000, socketTimeoutMS=5000)

    def start(self):
        self.data.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    @property
    def state(self):
        """1 primary, 2 secondary; None when it does not answer."""
        try:
            return self.direct.admin.command("replSetGetStatus")["myState"]
        except PyMongoError:
            return None


class Cluster:
    def __init__(self, binary, folder):
        ports = free_ports(3)
        self.members = [Member(binary, folder, number, port) for number, port in enumerate(ports)]
        self.network = Network(ports)
        self.resyncs = 0
        hosts = [f"127.0.0.1:{port}" for port in self.network.ports]
        self.uri = f"mongodb://{','.join(hosts)}/?replicaSet={SET}"
        for member in self.members:
            member.start()
        self._tell()
        self._initiate(hosts)
        self.client = pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=30_000, socketTimeoutMS=60_000)

    def _tell(self):
        self.network.members({member.number: member.process.pid for member in self.members})

    def _initiate(self, hosts):
        deadline = time.monotonic() + 30
        while any(self._down(member) for member in self.members):
            if time.monotonic() > deadline:
                raise RuntimeError("the members did not start within 30 s")
            time.sleep(0.1)
        self.members[0].direct.admin.command("replSetInitiate", {
            "_id": SET, "members": [{"_id": number, "host": host} for number, host in enumerate(hosts)],
            "settings": {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500, "catchUpTimeoutMillis": 2000}})
        self.wait_healthy()

    @staticmethod
    def _down(member):
        try:
            return not member.direct.admin.command("ping")
        except PyMongoError:
            return True

    def start(self, member):
        member.start()
        self._tell()

    @property
    def primary(self):
        """The member that holds itself for the primary; of two the newer one."""
        found = []
        for member in self.members:
            try:
                hello = member.direct.admin.command("hello")
                if hello.get("isWritablePrimary"):
                    found.append((hello["electionId"], member))
            except PyMongoError:
                pass
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def wait_primary(self, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if primary := self.primary:
                return primary
            time.sleep(0.1)
        raise NoPrimary(f"no primary within {seconds} s")

    @property
    def states(self):
        return [member.state for member in self.members]

    def wait_healthy(self, seconds=120):
        """All members up, one of them primary. One that fell too far behind the small oplog begins anew."""
        deadline = time.monotonic() + seconds
        behind = 0
        while sorted(states := self.states, key=lambda state: state or 99) != [1, 2, 2]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the members do not become healthy within {seconds} s: states {states}")
            behind = behind + 1 if 3 in states else 0
            # Some seconds of it are a rollback or a start.
            if behind > 40:
                self.resync(self.members[states.index(3)])
                behind = 0
            time.sleep(0.25)

    def wait_unread(self, seconds=30):
        """Until no request of Lockstep reads a change stream at a member, whether somebody waits for the answer or not."""
        reads = [{"$currentOp": {}}, {"$match": {"op": "getmore", "cursor.tailable": True, "appName": "lockstep"}}]
        deadline = time.monotonic() + seconds
        while any(self._may_read(member, reads) for member in self.members):
            if time.monotonic() > deadline:
                raise RuntimeError(f"a change stream is still read after {seconds} s")
            time.sleep(0.1)

    @staticmethod
    def _may_read(member, reads):
        try:
            return bool(list(member.direct.admin.aggregate(reads)))
        except PyMongoError:
            # It rolls back, which may begin just after all were healthy; until it is through it answers nothing.
            return True

    def resync(self, member):
        self.resyncs += 1
        member.kill()
        shutil.rmtree(member.data)
        self.start(member)

    def oldest(self, member):
        """The time of the oldest entry of its oplog."""
        return member.direct["local"]["oplog.rs"].find_one(sort=[("$natural", 1)])["ts"]

    def heal(self, reset):
        self.network.heal(reset)
        for member in self.members:
            if member.process.poll() is None:
                member.resume()
            else:
                self.start(member)

    def rollbacks(self):
        return sum(member.log.read_bytes().count(b'"Rollback summary"') for member in self.members)

    def elections(self):
        won = sum(member.log.read_bytes().count(b"Election succeeded, assuming primary role") for member in self.members)
        return won - 1

    def stop(self):
        self.client.close()
        for member in self.members:
            member.direct.close()
            if member.process.poll() is None:
                member.resume()
                member.process.kill()
                member.process.wait()
        self.network.stop()
