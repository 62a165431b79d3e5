#include "loopback_pace.h"

#include <netinet/tcp.h>

namespace veilgate {
namespace {

constexpr char kPacing[] = "bbr";
constexpr char kUnpaced[] = "reno";

// `fd` is a new socket: it has what the system gives to all.
bool SystemPaces(int fd) {
  char name[16] = {};
  socklen_t size = sizeof(name);
  return getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) == 0 && strncmp(name, kPacing, strlen(kPacing)) == 0;
}

}  // namespace

void SendUnpacedOnLoopback(int fd, const Address& peer) {
  // asked once: to be wrong after the system was told otherwise does no harm here
  static const bool system_paces = SystemPaces(fd);
  if (system_paces && IsLoopback(peer)) setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, kUnpaced, strlen(kUnpaced));
}

}  // namespace veilgate
