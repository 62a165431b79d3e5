// The sockets of an edge, by ids that are never taken for those of a later socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pipe_pool.h"

namespace veilgate {

enum class Kind : uint8_t {
  kListener,
  kHead,        // a client whose head is being read
  kWaiting,     // a client about which TypeScript has to say something
  kConnecting,  // towards an origin
  kConnected,   // the same, until it becomes half of a tunnel
  kTunnel,
};

// How fast octets come from one half of a tunnel, and whether they are left to gather (gather.cc).
struct Pace {
  // Octets received in all, and the loop time in ms, when it was measured last.
  uint64_t measured = 0;
  uint64_t measured_at = 0;
  // Octets received from the other half by then.
  uint64_t answered = 0;
  // It is not measured before so many were received: at the beginning, and again after they have gathered.
  static constexpr uint64_t kUnmeasured = 1024 * 1024;
  uint64_t not_before = kUnmeasured;
  // Octets a ms when they began to gather; 0: they do not.
  uint64_t gathering = 0;
  // Has gathered and lost little by it.
  bool is_proven = false;
  // For how long it was left alone after it had lost much, in ms, and until when.
  uint32_t rest_ms = 0;
  uint64_t rests_until = 0;
};

struct Socket {
  int fd = -1;
  uint32_t id = 0;
  Kind kind = Kind::kHead;
  // What epoll told last and no call has contradicted since (it tells of changes only).
  bool readable = false;
  bool writable = false;
  // epoll has it.
  bool watched = false;
  // epoll tells when there is more to read, and when it gets writable.
  bool watches_readable = true;
  bool watches_writable = false;
  // The peer has sent FIN: a short read does not mean that there is nothing left to read.
  bool hung_up = false;
  bool is_client = false;
  // FIN was read from it; FIN was sent to it.
  bool ended = false;
  bool shut = false;
  // kConnected: somebody wants to know what it sends next.
  bool is_asked = false;
  // To an origin of those that SpareSockets serves, bound to no address.
  bool may_be_spared = false;
  // In the list of those that are pumped again.
  bool queued = false;
  // In the client of a tunnel: both are probed by the kernel.
  bool probed = false;
  // Reads in a row that brought much: at some point a pipe pays.
  uint8_t full_reads = 0;
  // The other half of a tunnel.
  Socket* peer = nullptr;
  // kHead, kWaiting, kConnected: what was received. kTunnel: what could not be sent to it yet, from `sent` on.
  std::unique_ptr<std::vector<char>> bytes;
  uint32_t sent = 0;
  uint32_t head_end = 0;
  // What could not be sent to it yet, after `bytes`.
  Pipe* pipe = nullptr;
  // kTunnel: octets received from it.
  uint64_t received = 0;
  Pace pace;
  // Of a tunnel, in its client: loop time in ms of the last octet, and how long none may come.
  uint64_t active_at = 0;
  uint64_t idle_ms = 0;
  // When it ends whatever moves in it.
  uint64_t ends_at = 0;
  // Why a connection failed before epoll knew it, as kFailed tells it.
  int fault = 0;
};

class SocketTable {
 public:
  static constexpr uint32_t kIndexMask = (1u << 20) - 1;

  ~SocketTable() {
    for (Slot& slot : slots_) delete slot.socket;
  }

  // nullptr when a million are open.
  Socket* Add(int fd, Kind kind) {
    uint32_t index;
    if (!free_.empty()) {
      index = free_.back();
      free_.pop_back();
    } else {
      if (slots_.size() > kIndexMask) return nullptr;
      index = static_cast<uint32_t>(slots_.size());
      slots_.push_back({});
    }
    Slot& slot = slots_[index];
    slot.generation = slot.generation % kGenerations + 1;
    slot.socket = new Socket;
    slot.socket->fd = fd;
    slot.socket->kind = kind;
    slot.socket->id = slot.generation << 20 | index;
    count_++;
    return slot.socket;
  }

  Socket* Find(uint32_t id) const {
    const uint32_t index = id & kIndexMask;
    if (index >= slots_.size()) return nullptr;
    Socket* socket = slots_[index].socket;
    return socket != nullptr && socket->id == id ? socket : nullptr;
  }

  void Remove(Socket* socket) {
    const uint32_t index = socket->id & kIndexMask;
    slots_[index].socket = nullptr;
    free_.push_back(index);
    count_--;
    delete socket;
  }

  size_t count() const { return count_; }

  // `each` may remove the socket it is given.
  template <typename Each>
  void ForEach(Each each) {
    for (size_t i = 0; i < slots_.size(); i++) {
      if (slots_[i].socket != nullptr) each(slots_[i].socket);
    }
  }

 private:
  // Ids stay positive 32 bit integers, which JavaScript holds without an object.
  static constexpr uint32_t kGenerations = (1u << 11) - 1;

  struct Slot {
    Socket* socket = nullptr;
    uint32_t generation = 0;
  };

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t count_ = 0;
};

}  // namespace veilgate
