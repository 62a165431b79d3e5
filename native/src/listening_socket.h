// Sockets that clients connect to.
#pragma once

#include <cstdint>

namespace veilgate {

enum class Sharing {
  // Nobody else has the port.
  kNone,
  // The first of several sockets at one port: fails where anybody has the port.
  kFirst,
  // Joins the first one; the kernel spreads clients over all of them.
  kJoin,
};

// A descriptor that listens, or a negative errno. `port` is in host order; the port that was taken comes back in it.
int OpenListeningSocket(const char* ip, uint16_t* port, Sharing sharing);

// Sends all clients of the port to one of the sockets that share it, counted from 0 in the order in which the kernel has them; to an
// index that none has: spreads them again. Any of the descriptors will do. 0, or a negative errno and everything is as before.
int SteerClients(int fd, uint32_t index);

// Prepares a descriptor that this process inherited. Its port, or a negative errno: EINVAL for what does not listen.
int InheritListeningSocket(int fd);

}  // namespace veilgate
