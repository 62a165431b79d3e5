// Pipes through which splice(2) moves octets between two sockets without copying them into this process.
#pragma once

#include <climits>
#include <cstddef>
#include <vector>

namespace veilgate {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  // Octets inside.
  size_t held = 0;
  // It takes a MiB; not where a user's share of pipe memory is used up.
  bool is_large = false;
};

// Tunnels borrow a pipe while they move much and give it back when it is empty: an idle tunnel holds none.
class PipePool {
 public:
  ~PipePool() { Clear(); }
  // nullptr where the system gives no more descriptors, or none that is below the ceiling.
  Pipe* Take();
  // A pipe that still holds octets is closed: they are nobody else's.
  void GiveBack(Pipe* pipe);
  // Closes those that nobody has.
  void Clear();
  // Descriptors from this number on are kept for others.
  void set_ceiling(int ceiling) { ceiling_ = ceiling; }
  // That are open, those of pipes that nobody has included.
  size_t descriptors() const { return open_ * 2; }

 private:
  void Close(Pipe* pipe);

  size_t open_ = 0;
  int ceiling_ = INT_MAX;
  std::vector<Pipe*> free_;
};

}  // namespace veilgate
