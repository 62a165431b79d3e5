// Finds the end of a CONNECT head. Plain C++ without Node or a socket, so that it is fuzzed and run under valgrind alone.
#pragma once

#include <cstddef>

namespace veilgate {

enum class HeadVerdict {
  kNeedMore,  // can still become the head of a CONNECT
  kConnect,   // complete: `end` is behind its empty line
  kOther,     // anything else, also what breaks HTTP: the TypeScript path reads it and says what is wrong
};

struct HeadScan {
  HeadVerdict verdict;
  size_t end;
};

// `bytes[0, size)` is all that came so far, of which the first `seen` were scanned before without a verdict. A head of
// more than `limit` octets is kOther. This is not the parser: TypeScript parses what kConnect found.
HeadScan ScanHead(const char* bytes, size_t size, size_t seen, size_t limit);

}  // namespace veilgate
