// Sockets whose connection is over and that are connected again, instead of being closed and opened anew.
#pragma once

#include <cstddef>
#include <vector>

#include "address.h"

namespace veilgate {

class SpareSockets {
 public:
  // A peer on loopback alone: a socket goes on counting its octets where its last connection ended, which tells who sees both
  // connections that they are one's.
  static bool Serves(const Address& peer) { return peer.any.sa_family == AF_INET && IsLoopback(peer); }

  // Takes the descriptor of a socket that was connected to such a peer, and of which FIN was sent and read. False where the
  // caller has to close it.
  bool Keep(int fd);
  // A socket to connect to such a peer, with the options that it had; epoll has it still. -1: there is none.
  int Take();
  void Clear();
  size_t count() const { return spares_.size(); }

 private:
  std::vector<int> spares_;
};

}  // namespace veilgate
