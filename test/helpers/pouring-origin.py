# Accepts as many connections as its argument says and tells its port first, then does what each octet of standard input says with all of
# them: "w" sends a MiB, "r" sends FIN and a reset right behind it, which no process of Node's can do in one go.
import socket
import struct
import sys

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
peers = [listener.accept()[0] for _ in range(int(sys.argv[1]))]
while order := sys.stdin.buffer.raw.read(1):
    for peer in peers:
        if order == b"w":
            peer.sendall(bytes(1048576))
        else:
            peer.shutdown(socket.SHUT_WR)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
