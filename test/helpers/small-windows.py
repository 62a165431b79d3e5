"""Relays TCP with windows of a few kilobytes: small-windows.py PORT. Prints the port it listens at.

Node cannot set SO_RCVBUF, which must be small before a connection is made.
"""
import socket
import sys
import threading

to = int(sys.argv[1])
PIECE = 64


def small(s):
    # of the least the kernel allows it opens again only when a timer of the sender asks, after seconds
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    # the kernel makes its least of it
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def relay(source, target):
    try:
        while data := source.recv(PIECE):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for s in (source, target):
            s.close()


listener = small(socket.socket())
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print(listener.getsockname()[1], flush=True)
while True:
    near, _ = listener.accept()
    far = small(socket.socket())
    far.connect(("127.0.0.1", to))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=relay, args=pair, daemon=True).start()
