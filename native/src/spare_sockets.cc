#include "spare_sockets.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace veilgate {
namespace {

// As many tunnels as one core has in work at a time.
constexpr size_t kMostKept = 16;

}  // namespace

bool SpareSockets::Keep(int fd) {
  if (spares_.size() == kMostKept) return false;
  // the FIN counts: as long as it may have to be sent again, the connection is not over
  int unconfirmed = 1;
  if (ioctl(fd, SIOCOUTQ, &unconfirmed) != 0 || unconfirmed != 0) return false;
  spares_.push_back(fd);
  return true;
}

int SpareSockets::Take() {
  if (spares_.empty()) return -1;
  const int fd = spares_.back();
  spares_.pop_back();
  // not when it is kept: epoll would tell that it has no peer
  sockaddr nobody = {};
  nobody.sa_family = AF_UNSPEC;
  if (connect(fd, &nobody, sizeof(nobody)) == 0) return fd;
  close(fd);
  return -1;
}

void SpareSockets::Clear() {
  for (const int fd : spares_) close(fd);
  spares_.clear();
}

}  // namespace veilgate
