// Tests of the head reader alone. Exits with 1 at the first failure.
#include "../src/head_reader.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

using veilgate::HeadScan;
using veilgate::HeadVerdict;
using veilgate::ScanHead;

namespace {

constexpr size_t kLimit = 256;
int checks = 0;

void Check(bool is_true, const std::string& what) {
  checks++;
  if (is_true) return;
  fprintf(stderr, "failed: %s\n", what.c_str());
  exit(1);
}

// A copy of exactly these octets, so that valgrind and ASan see every step beyond them.
HeadScan Scan(const std::string& text, size_t seen, size_t limit = kLimit) {
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  text.copy(exact.get(), text.size());
  return ScanHead(exact.get(), text.size(), seen, limit);
}

void Expect(const std::string& text, HeadVerdict verdict, size_t end = 0, size_t limit = kLimit) {
  const HeadScan whole = Scan(text, 0, limit);
  Check(whole.verdict == verdict && whole.end == end, "at once: " + text);
  // octet by octet the same verdict comes, at the first octet that allows it
  for (size_t size = 1; size <= text.size(); size++) {
    const HeadScan part = Scan(text.substr(0, size), size - 1, limit);
    if (part.verdict == HeadVerdict::kNeedMore) continue;
    Check(part.verdict == verdict, "octet by octet: " + text);
    Check(verdict != HeadVerdict::kConnect || part.end == end, "its end, octet by octet: " + text);
    return;
  }
  Check(verdict == HeadVerdict::kNeedMore, "never, octet by octet: " + text);
}

}  // namespace

int main() {
  const std::string head = "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n";
  Expect(head, HeadVerdict::kConnect, head.size());
  Expect(head + "\x16\x03\x01", HeadVerdict::kConnect, head.size());
  Expect("CONNECT a.test:443 HTTP/1.1\r\n\r\n", HeadVerdict::kConnect, 31);

  Expect("CONN", HeadVerdict::kNeedMore);
  Expect("CONNECT ", HeadVerdict::kNeedMore);
  Expect("CONNECT a.test:443 HTTP/1.1\r", HeadVerdict::kNeedMore);
  Expect("CONNECT a.test:443 HTTP/1.1\r\n", HeadVerdict::kNeedMore);
  Expect("CONNECT a.test:443 HTTP/1.1\r\nHost: x\r\n\r", HeadVerdict::kNeedMore);

  Expect("GET / HTTP/1.1\r\n\r\n", HeadVerdict::kOther);
  Expect("connect a.test:443 HTTP/1.1\r\n\r\n", HeadVerdict::kOther);
  Expect("CONNECTa.test:443 HTTP/1.1\r\n\r\n", HeadVerdict::kOther);
  Expect("\r\nCONNECT a.test:443 HTTP/1.1\r\n\r\n", HeadVerdict::kOther);
  Expect("\x16\x03\x01", HeadVerdict::kOther);
  Expect("CONNECT a\ntest:443 HTTP/1.1\r\n\r\n", HeadVerdict::kOther);
  Expect("CONNECT a.test:443 HTTP/1.1\n\n", HeadVerdict::kOther);
  Expect("CONNECT a.test:443 HTTP/1.1\r\rX: y\r\n\r\n", HeadVerdict::kOther);
  Expect("CONNECT a.test:443\r\n", HeadVerdict::kOther);
  Expect("CONNECT a.test:443 HTTP/11\r\nX: y", HeadVerdict::kOther);
  Expect(std::string("CONNECT a.test:443 HTTP/1.1\r\nX: \0\r\n\r\n", 36), HeadVerdict::kOther);

  const std::string start = "CONNECT a.test:443 HTTP/1.1\r\nX: ";
  const auto sized = [&](size_t size) { return start + std::string(size - start.size() - 4, 'y') + "\r\n\r\n"; };
  Expect(sized(kLimit), HeadVerdict::kConnect, kLimit);
  Expect(sized(kLimit + 1), HeadVerdict::kOther);
  Expect(start + std::string(kLimit, 'y'), HeadVerdict::kOther);
  Expect(sized(kLimit) + std::string(1000, 'z'), HeadVerdict::kConnect, kLimit);

  printf("head reader: %d checks\n", checks);
  return 0;
}
