// Addresses of both families in one place.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

#include <cstdint>
#include <cstring>

namespace veilgate {

union Address {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
};

// The size of the address; 0 for text that is none. `port` is in host order.
inline socklen_t ToAddress(const char* ip, uint16_t port, Address* address) {
  memset(address, 0, sizeof(*address));
  if (inet_pton(AF_INET, ip, &address->four.sin_addr) == 1) {
    address->four.sin_family = AF_INET;
    address->four.sin_port = htons(port);
    return sizeof(address->four);
  }
  if (uv_ip6_addr(ip, port, &address->six) == 0) return sizeof(address->six);
  return 0;
}

inline bool IsLoopback(const Address& address) {
  if (address.any.sa_family == AF_INET) return ntohl(address.four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  const in6_addr& six = address.six.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == IN_LOOPBACKNET);
}

}  // namespace veilgate
