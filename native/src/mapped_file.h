// Files as memory that all processes which map them share.
#pragma once

#include <cstdint>

namespace veilgate {

// 0 or an errno. `size`: octets, not more than the file has: what lies behind its end must not be touched.
int MapReadOnly(int fd, int64_t size, void** data);
void Unmap(void* data, int64_t size);

}  // namespace veilgate
