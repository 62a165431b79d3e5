#include "listening_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "address.h"
#include "loopback_pace.h"

namespace veilgate {
namespace {

constexpr int kBacklog = 4096;

bool Switch(int fd, int level, int name) {
  const int on = 1;
  return setsockopt(fd, level, name, &on, sizeof(on)) == 0;
}

bool Bind(int fd, const Address& address, socklen_t size, Sharing sharing) {
  if (sharing == Sharing::kJoin && !Switch(fd, SOL_SOCKET, SO_REUSEPORT)) return false;
  if (bind(fd, &address.any, size) != 0) return false;
  // only once it is bound: with it, a port that another service of this user shares would be taken as well
  return sharing != Sharing::kFirst || Switch(fd, SOL_SOCKET, SO_REUSEPORT);
}

int PortOf(int fd) {
  Address address;
  socklen_t size = sizeof(address);
  if (getsockname(fd, &address.any, &size) != 0) return -errno;
  if (address.any.sa_family == AF_INET) return ntohs(address.four.sin_port);
  return address.any.sa_family == AF_INET6 ? ntohs(address.six.sin6_port) : -EINVAL;
}

}  // namespace

int OpenListeningSocket(const char* ip, uint16_t* port, Sharing sharing) {
  Address address;
  const socklen_t size = ToAddress(ip, *port, &address);
  if (size == 0) return -EINVAL;
  const int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd == -1) return -errno;
  Switch(fd, SOL_SOCKET, SO_REUSEADDR);
  // clients inherit both
  Switch(fd, IPPROTO_TCP, TCP_NODELAY);
  SendUnpacedOnLoopback(fd, address);
  const bool is_listening = Bind(fd, address, size, sharing) && listen(fd, kBacklog) == 0;
  const int taken = is_listening ? PortOf(fd) : -errno;
  if (taken < 0) {
    close(fd);
    return taken;
  }
  *port = static_cast<uint16_t>(taken);
  return fd;
}

int SteerClients(int fd, uint32_t index) {
  // the kernel asks this program which socket takes a client, and spreads them where there is none of that index
  sock_filter answer = BPF_STMT(BPF_RET | BPF_K, index);
  const sock_fprog program = {1, &answer};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == 0 ? 0 : -errno;
}

int InheritListeningSocket(int fd) {
  int is_listening = 0;
  socklen_t size = sizeof(is_listening);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) != 0) return -errno;
  if (is_listening == 0) return -EINVAL;
  // processes that this one starts have no business with it
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) return -errno;
  return PortOf(fd);
}

}  // namespace veilgate
