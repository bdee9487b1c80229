"""A JetStream client with the few calls that the findings need, over a socket to 127.0.0.1."""
import atexit
import json
import socket
import subprocess
import time


class Server:
    """nats-server with JetStream in a folder, on a port of 127.0.0.1 that it chooses."""

    def __init__(self, program, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command = [program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", folder]
        atexit.register(lambda: self.process.kill())
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.client = Client(self.port)
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the server did not start")

    def stop(self):
        self.client.close()
        self.process.terminate()
        self.process.wait(30)


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.lines = self.socket.makefile("rb")
        self.lines.readline()
        self.send('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB answer.* 1\r\nPING\r\n')
        self.count = 0
        while self.lines.readline().strip() != b"PONG":
            pass

    def close(self):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode())

    def publish(self, subject, body, headers=None, wait=True):
        """Publishes, and returns the answer as parsed JSON; None if it is empty."""
        self.count += 1
        block = "NATS/1.0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in (headers or {}).items()) + "\r\n"
        reply = f"answer.{self.count}"
        self.send(f"HPUB {subject} {reply} {len(block)} {len(block) + len(body)}\r\n{block}{body}\r\n")
        if not wait:
            return None
        while True:
            words = self.lines.readline().split()
            if not words:
                raise SystemExit("the server closed the connection")
            if words[0] == b"PING":
                self.send("PONG\r\n")
            if words[0] in (b"MSG", b"HMSG"):
                data = self.lines.read(int(words[-1]) + 2)[:-2]
                if words[0] == b"HMSG":
                    data = data[int(words[-2]):]
                if words[1].decode() == reply:
                    return json.loads(data) if data else None

    def api(self, call, **request):
        return self.publish("$JS.API." + call, json.dumps(request) if request else "")
