// Compares the scan of heads, in pieces of any size, with a plain reading of the same octets.
//
//   head_reader_fuzz ROUNDS [SEED]            mutates heads of its own
//   head_reader_fuzz --heads LENGTH [SEED]    reads heads of LENGTH octets each from standard input, as zzuf mutated them
#include "../src/head_reader.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>

using veilgate::HeadScan;
using veilgate::HeadVerdict;
using veilgate::ScanHead;

namespace {

constexpr size_t kLimit = 200;

bool IsVersionAt(const std::string& text, size_t line_end) {
  if (line_end < 9) return false;
  const std::string version = text.substr(line_end - 9, 9);
  return version.compare(0, 6, " HTTP/") == 0 && isdigit(static_cast<unsigned char>(version[6])) && version[7] == '.' &&
         isdigit(static_cast<unsigned char>(version[8]));
}

// What the head reader promises, written for clarity: looks at each prefix, shortest first.
HeadScan Plainly(const std::string& text) {
  const std::string method = "CONNECT ";
  for (size_t size = 1; size <= text.size(); size++) {
    const std::string part = text.substr(0, size);
    const size_t compared = std::min(size, method.size());
    if (part.compare(0, compared, method, 0, compared) != 0) return {HeadVerdict::kOther, 0};
    const char last = part.back();
    if (last == '\0') return {HeadVerdict::kOther, 0};
    if (last == '\n' && part[size - 2] != '\r') return {HeadVerdict::kOther, 0};
    if (size >= 2 && part[size - 2] == '\r' && last != '\n') return {HeadVerdict::kOther, 0};
    if (last == '\n' && part.find('\n') == size - 1 && !IsVersionAt(part, size - 2)) return {HeadVerdict::kOther, 0};
    if (size >= 4 && part.compare(size - 4, 4, "\r\n\r\n") == 0) {
      return size > kLimit ? HeadScan{HeadVerdict::kOther, 0} : HeadScan{HeadVerdict::kConnect, size};
    }
  }
  return {text.size() > kLimit ? HeadVerdict::kOther : HeadVerdict::kNeedMore, 0};
}

HeadScan InPieces(const std::string& text, std::mt19937_64& random) {
  size_t seen = 0;
  HeadScan scan = {HeadVerdict::kNeedMore, 0};
  while (seen < text.size() && scan.verdict == HeadVerdict::kNeedMore) {
    const size_t size = std::min(text.size(), seen + 1 + random() % 40);
    const std::unique_ptr<char[]> exact(new char[size]);
    text.copy(exact.get(), size);
    scan = ScanHead(exact.get(), size, seen, kLimit);
    seen = size;
  }
  return scan;
}

std::string Mutated(std::mt19937_64& random) {
  static const std::string kSeeds[] = {
      "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\nearly octets",
      "CONNECT [::1]:443 HTTP/1.0\r\nProxy-Connection: keep-alive\r\nUser-Agent: x\r\n\r\n",
      "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
      "CONNECT ",
  };
  static const std::string kBits[] = {"\r", "\n", "\r\n", "\r\n\r\n", " ", "CONNECT ", "HTTP/1.1", std::string(1, '\0')};
  std::string text = kSeeds[random() % 4];
  for (uint64_t edits = random() % 5; edits > 0; edits--) {
    const size_t at = text.empty() ? 0 : random() % text.size();
    switch (random() % 5) {
      case 0:
        text.insert(at, kBits[random() % 8]);
        break;
      case 1:
        text.erase(at, random() % 8);
        break;
      case 2:
        if (!text.empty()) text[at] = static_cast<char>(random());
        break;
      case 3:
        text.insert(at, random() % 220, 'y');
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

bool Holds(const std::string& text, HeadScan& scan, std::mt19937_64& random) {
  const HeadScan expected = Plainly(text);
  scan = InPieces(text, random);
  if (scan.verdict == expected.verdict && scan.end == expected.end) return true;
  fprintf(stderr, "verdict %d, end %zu; expected %d, %zu; of", static_cast<int>(scan.verdict), scan.end,
          static_cast<int>(expected.verdict), expected.end);
  for (const char c : text) fprintf(stderr, " %02x", static_cast<unsigned char>(c));
  fprintf(stderr, "\n");
  return false;
}

bool HoldsForMutations(unsigned long rounds, std::mt19937_64& random) {
  HeadScan scan;
  for (unsigned long i = 0; i < rounds; i++) {
    if (!Holds(Mutated(random), scan, random)) return false;
  }
  printf("head reader: %lu mutations\n", rounds);
  return true;
}

bool HoldsForInput(size_t length, std::mt19937_64& random) {
  HeadScan scan;
  unsigned long heads = 0;
  unsigned long taken = 0;
  std::string text(length, '\0');
  for (; fread(&text[0], 1, length, stdin) == length; heads++) {
    if (!Holds(text, scan, random)) return false;
    if (scan.verdict == HeadVerdict::kConnect) taken++;
  }
  printf("head reader: %lu heads, %lu taken\n", heads, taken);
  return heads > 0;
}

}  // namespace

int main(int count, char** arguments) {
  const bool reads = count > 2 && strcmp(arguments[1], "--heads") == 0;
  const int at = reads ? 2 : 1;
  const unsigned long number = count > at ? strtoul(arguments[at], nullptr, 10) : 100000;
  const unsigned long seed = count > at + 1 ? strtoul(arguments[at + 1], nullptr, 10) : std::random_device()();
  std::mt19937_64 random(seed);
  if (reads ? number > 0 && HoldsForInput(number, random) : HoldsForMutations(number, random)) return 0;
  fprintf(stderr, "seed %lu\n", seed);
  return 1;
}
