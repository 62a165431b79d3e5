#include "head_reader.h"

#include <algorithm>
#include <cstring>

namespace veilgate {
namespace {

constexpr char kMethod[] = "CONNECT ";
constexpr size_t kMethodSize = sizeof(kMethod) - 1;
constexpr HeadScan kOtherHead = {HeadVerdict::kOther, 0};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ` HTTP/d.d` and CR stand before the first LF, if there is one: for anything else it is not worth to wait.
bool MayNameVersion(const char* bytes, size_t size) {
  const char* line_end = static_cast<const char*>(memchr(bytes, '\n', size));
  if (line_end == nullptr) return true;
  if (line_end - bytes < 10) return false;
  const char* version = line_end - 10;
  return memcmp(version, " HTTP/", 6) == 0 && IsDigit(version[6]) && version[7] == '.' && IsDigit(version[8]);
}

}  // namespace

HeadScan ScanHead(const char* bytes, size_t size, size_t seen, size_t limit) {
  if (seen < kMethodSize && memcmp(bytes, kMethod, std::min(size, kMethodSize)) != 0) return kOtherHead;
  // a CR at the end of what was seen waits for its LF
  size_t at = seen > 0 ? seen - 1 : 0;
  for (; at < size; at++) {
    const char c = bytes[at];
    // all that matters here is below the space; the rest of a head is above it
    if (static_cast<unsigned char>(c) > '\r') continue;
    if (c == '\0') return kOtherHead;
    if (c == '\n') {
      if (at == 0 || bytes[at - 1] != '\r') return kOtherHead;
      if (at >= 3 && bytes[at - 2] == '\n') {
        const size_t end = at + 1;
        return end > limit || !MayNameVersion(bytes, end) ? kOtherHead : HeadScan{HeadVerdict::kConnect, end};
      }
    } else if (c == '\r' && at + 1 < size && bytes[at + 1] != '\n') {
      return kOtherHead;
    }
  }
  if (size > limit || !MayNameVersion(bytes, size)) return kOtherHead;
  return {HeadVerdict::kNeedMore, 0};
}

}  // namespace veilgate
