#include "loopback_pace.h"

#include <netinet/tcp.h>

namespace veilgate {
namespace {

constexpr char kPacing[] = "bbr";
constexpr char kUnpaced[] = "reno";

bool IsLoopback(const Address& address) {
  if (address.any.sa_family == AF_INET) return ntohl(address.four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  const in6_addr& six = address.six.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == IN_LOOPBACKNET);
}

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
