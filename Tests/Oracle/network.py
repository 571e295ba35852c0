"""The network of a replica set: one TCP proxy a member, whose port is the member's address in the set's configuration.

So members and clients alike come through the proxies, and cutting a way is cutting it for real. A way goes from a
source ("client", or a member's number) to a member. What comes while a way is held is kept and delivered late, or
never when the connections are reset at the end, as in a network that drops packets.
"""
import asyncio
import json
import os
import socket
import subprocess
import sys

# How a way is cut: requests alone do not arrive, answers alone, neither, or connections are closed at once.
MODES = ["in", "out", "both", "refuse"]


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Network:
    """The proxies, in a process of their own."""

    def __init__(self, servers):
        """Proxies for members that listen on `servers`; `ports` are the proxies' own."""
        self.ports = free_ports(len(servers))
        self.process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(list(zip(self.ports, servers)))], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.process.stdout.readline()

    def tell(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        # Answered once it is in force.
        self.process.stdout.readline()

    def members(self, pids):
        """Tells which process is which member."""
        self.tell(pids=pids)

    def cut(self, ways):
        """Cuts these ways, and no others: [(source or "*", member, mode)]."""
        self.tell(rules=ways)

    def heal(self, reset):
        self.tell(rules=[], reset=reset)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class Proxy:
    def __init__(self, ways):
        self.ways = ways
        self.pids = {}
        self.rules = []
        self.changed = asyncio.Event()

    def source(self, port):
        """Who connected from that port of this machine."""
        with open("/proc/net/tcp") as table:
            inode = next((row.split()[9] for row in table if row.split()[1].endswith(f":{port:04X}")), None)
        for member, pid in self.pids.items():
            try:
                for name in os.listdir(f"/proc/{pid}/fd"):
                    if os.readlink(f"/proc/{pid}/fd/{name}") == f"socket:[{inode}]":
                        return int(member)
            except OSError:
                pass
        return "client"

    def mode(self, way):
        return next((mode for source, target, mode in self.rules if target == way[1] and source in ("*", way[0])), None)

    async def serve(self, member, server, reader, writer):
        way = (self.source(writer.get_extra_info("peername")[1]), member)
        connection = {"way": way, "writers": [writer], "pumps": [], "held": False}
        connections[id(connection)] = connection
        try:
            if self.mode(way) == "refuse":
                return
            there, back = await asyncio.open_connection("127.0.0.1", server, limit=1 << 20)
            connection["writers"].append(back)
            connection["pumps"] = [
                asyncio.ensure_future(self.pump(connection, reader, back, "in")),
                asyncio.ensure_future(self.pump(connection, there, writer, "out"))]
            await asyncio.wait(connection["pumps"], return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            connections.pop(id(connection), None)
            for pump in connection["pumps"]:
                pump.cancel()
            for end in connection["writers"]:
                end.transport.abort()

    async def pump(self, connection, reader, writer, direction):
        try:
            while data := await reader.read(1 << 18):
                while self.mode(connection["way"]) in (direction, "both"):
                    connection["held"] = True
                    await self.changed.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass

    def obey(self, what):
        if "pids" in what:
            self.pids = what["pids"]
        if "rules" in what:
            self.rules = what["rules"]
            for connection in list(connections.values()):
                cut = self.mode(connection["way"]) == "refuse"
                if cut or what.get("reset") and connection["held"]:
                    for end in connection["writers"]:
                        end.transport.abort()
            self.changed.set()
            self.changed = asyncio.Event()

    async def run(self):
        for member, (port, server) in enumerate(self.ways):
            await asyncio.start_server(
                lambda reader, writer, member=member, server=server: self.serve(member, server, reader, writer),
                "127.0.0.1", port, limit=1 << 20)
        print("open", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            self.obey(json.loads(line))
            print("done", flush=True)


connections = {}

if __name__ == "__main__":
    asyncio.run(Proxy(json.loads(sys.argv[1])).run())
