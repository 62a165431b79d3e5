// Pipes through which splice(2) moves octets between two sockets without copying them into this process.
#pragma once

#include <cstddef>
#include <vector>

namespace veilgate {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  // Octets inside.
  size_t held = 0;
};

// Tunnels borrow a pipe while they move much and give it back when it is empty: an idle tunnel holds none.
class PipePool {
 public:
  ~PipePool() { Clear(); }
  // nullptr where the system gives no more descriptors.
  Pipe* Take();
  // A pipe that still holds octets is closed: they are nobody else's.
  void GiveBack(Pipe* pipe);
  // Closes those that nobody has.
  void Clear();

 private:
  std::vector<Pipe*> free_;
};

}  // namespace veilgate
