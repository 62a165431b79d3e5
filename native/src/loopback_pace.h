// How fast to send to a peer on this machine.
#pragma once

#include "address.h"

namespace veilgate {

// For a socket that is about to connect to `peer`, or to listen there. BBR, where it is the system's congestion control, sends at a
// pace that it finds out about the path, with a timer for what has to wait. On the way to this machine itself there is nothing to
// find out: that costs a quarter of a transfer. Reno, which every kernel has, sends as fast as the peer reads.
void SendUnpacedOnLoopback(int fd, const Address& peer);

}  // namespace veilgate
