"""Receives what sd_notify(3) sends: binds the datagram socket that is named and prints each message as a line of JSON."""
import json
import socket
import sys

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print(json.dumps(["bound"]), flush=True)
while True:
    # descriptors that come along (BARRIER=1) are closed by the kernel: nobody takes them
    print(json.dumps(receiver.recv(65536).decode().split("\n")), flush=True)
