"""Starts a program as systemd does for a socket unit: sd_listen_fds(3). Usage: socket-activation.py ADDRESS… -- PROGRAM WORD…"""
import os
import socket
import sys

split = sys.argv.index("--")
descriptors = []
for address in sys.argv[1:split]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((address, 0))
    listener.listen(16)
    descriptors.append(os.dup2(listener.detach(), 100 + len(descriptors)))
for position, descriptor in enumerate(descriptors):
    os.dup2(descriptor, 3 + position)
    os.set_inheritable(3 + position, True)
    os.close(descriptor)
os.environ["LISTEN_FDS"] = str(len(descriptors))
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
