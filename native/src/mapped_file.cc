#include "mapped_file.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace veilgate {

int MapReadOnly(int fd, int64_t size, void** data) {
  struct stat status;
  if (fstat(fd, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode) || size <= 0 || size > status.st_size) return EINVAL;
  *data = mmap(nullptr, static_cast<size_t>(size), PROT_READ, MAP_SHARED, fd, 0);
  return *data == MAP_FAILED ? errno : 0;
}

void Unmap(void* data, int64_t size) { munmap(data, static_cast<size_t>(size)); }

}  // namespace veilgate
