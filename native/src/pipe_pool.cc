#include "pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

namespace veilgate {
namespace {

// As many as one core keeps busy at a time; more are opened and closed as needed.
constexpr size_t kMostKept = 16;
// What Linux lets anybody have: a third less CPU time a GiB than with 512 KiB. Where a user's share of pipe memory is used
// up, a pipe stays at the default of 64 KiB.
constexpr int kPipeBytes = 1024 * 1024;

}  // namespace

Pipe* PipePool::Take() {
  if (!free_.empty()) {
    Pipe* pipe = free_.back();
    free_.pop_back();
    return pipe;
  }
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return nullptr;
  // the kernel gives the lowest number that is free
  if (ends[0] >= ceiling_ || ends[1] >= ceiling_) {
    close(ends[0]);
    close(ends[1]);
    return nullptr;
  }
  Pipe* pipe = new Pipe;
  pipe->is_large = fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes) >= kPipeBytes;
  pipe->read_end = ends[0];
  pipe->write_end = ends[1];
  open_++;
  return pipe;
}

void PipePool::Close(Pipe* pipe) {
  close(pipe->read_end);
  close(pipe->write_end);
  delete pipe;
  open_--;
}

void PipePool::GiveBack(Pipe* pipe) {
  if (pipe->held == 0 && free_.size() < kMostKept) {
    free_.push_back(pipe);
  } else {
    Close(pipe);
  }
}

void PipePool::Clear() {
  for (Pipe* pipe : free_) Close(pipe);
  free_.clear();
}

}  // namespace veilgate
