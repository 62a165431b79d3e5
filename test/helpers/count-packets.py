"""Counts packets that go anywhere else: count-packets.py PORT ADDRESS... Prints `ready`, and how many so far for each line it reads.

Not counted are those to and from the addresses, those to and from PORT, and what IPv6 and multicast say of themselves. Node has no
packet sockets. A packet is with this one before the call that sent it returns, so that a count is never behind; the kernel leaves
out the others (a classic BPF program), so that no flood of them pushes out the one that counts.
"""
import ctypes
import socket
import struct
import sys

EVERY_PROTOCOL, OUTGOING, IGMP, ICMPV6, HOP_BY_HOP = 3, 4, 2, 58, 0
SO_ATTACH_FILTER, SOL_PACKET, PACKET_STATISTICS = 26, 263, 6
# linux/bpf_common.h; PACKET_TYPE is SKF_AD_OFF + SKF_AD_PKTTYPE
WORD, BYTE, HALF_AT_X, X_HEADER, AND, EQUAL, RETURN = 0x20, 0x30, 0x48, 0xB1, 0x54, 0x15, 0x06
PACKET_TYPE = 0xFFFFF004

port = int(sys.argv[1])
members = [struct.unpack('!I', socket.inet_aton(address))[0] for address in sys.argv[2:]]


def leave_out(load, at, values):
    return [(load, at), *((EQUAL, value, 'out', None) for value in values)]


version_4 = [
    *leave_out(BYTE, 9, [IGMP]),
    *leave_out(WORD, 12, members),
    *leave_out(WORD, 16, members),
    (X_HEADER, 0),
    *leave_out(HALF_AT_X, 0, [port]),
    *leave_out(HALF_AT_X, 2, [port]),
    (RETURN, 128),
]
version_6 = [*leave_out(BYTE, 6, [ICMPV6, HOP_BY_HOP]), (RETURN, 128)]
start = [(WORD, PACKET_TYPE), (EQUAL, OUTGOING, None, 'out'), (BYTE, 0), (AND, 0xF0), (EQUAL, 0x60, 'six', None)]
program = [*start, *version_4, *version_6, (RETURN, 0)]
places = {'six': len(start) + len(version_4), 'out': len(program) - 1}


def assembled(at, code, value, *targets):
    jumps = [0 if target is None else places[target] - at - 1 for target in targets] or [0, 0]
    return struct.pack('HBBI', code, *jumps, value)


octets = b''.join(assembled(at, *one) for at, one in enumerate(program))
held = ctypes.create_string_buffer(octets)
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
tap.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack('HL', len(program), ctypes.addressof(held)))
tap.bind(('lo', EVERY_PROTOCOL))
print('ready', flush=True)
counted = 0
for _ in sys.stdin:
    # the kernel's own count, whether or not there was room for them; reading it starts it anew
    received, _ = struct.unpack('II', tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    counted += received
    print(counted, flush=True)
