"""A forward proxy: hands every request to one server, whatever host it names, and keeps what was asked for."""
import asyncio
import threading
import urllib.parse


class Proxy:
    def __init__(self, port):
        self.target, self.asked = port, []
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        self.loop.run_forever()

    def stop(self):
        self.loop.call_soon_threadsafe(self.end)

    def end(self):
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.call_soon(self.loop.stop)

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, rest = head.split(b"\r\n", 1)
            method, target, version = line.decode().split(" ")
            self.asked.append(f"{method} {target}")
            there, onward = await asyncio.open_connection("127.0.0.1", self.target)
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                parts = urllib.parse.urlsplit(target)
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                # One request a connection: the next one may be for another host.
                onward.write(f"{method} {path} {version}\r\n".encode() + rest)
            await asyncio.gather(self.pipe(reader, onward), self.pipe(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    async def pipe(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()
