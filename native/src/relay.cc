// The tunnel half of the edge: octets from each side to the other until both have ended.
//
// Small pieces pass through one shared buffer (recv, send). A side that brings much gets a pipe, and its octets stay in
// the kernel (splice). Each direction ends on its own (half-close); who cannot take more stops who sends (back-pressure);
// a reset on one side becomes a reset on the other, so that a cut transfer is never taken for a complete one.
//
// Longer than most files: any way of reading or sending may end the tunnel. What can be told apart is in gather.cc,
// pipe_pool.cc and spare_sockets.cc.

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge.h"

namespace veilgate {
namespace {

// What one direction may do in one go: much, for a transfer that is let go on costs less a GiB.
constexpr int kReadsAtOnce = 32;
constexpr uint64_t kBytesAtOnce = 4 * 1024 * 1024;
// And all those that move much, in one turn of the loop, before the others are looked after.
constexpr uint64_t kBytesATurn = 4 * 1024 * 1024;
// What counts as much, and how often in a row it must come before a pipe pays.
constexpr size_t kMuch = 16384;
constexpr uint8_t kFullReads = 3;
constexpr size_t kSpliceBytes = 1024 * 1024;
// What leaves room in each pipe of that size: it has 256 places, and octets of a network come by 1,448 in each.
constexpr size_t kLittle = 128 * 1024;
// Up to here the kernel has not begun to enlarge the buffers of a socket.
constexpr uint64_t kMostThroughASpare = 65536;

bool IsLater(int fault) { return fault == EAGAIN || fault == EWOULDBLOCK; }

}  // namespace

bool Edge::Splice(uint32_t client_id, uint32_t origin_id, uint64_t idle_ms, uint64_t life_ms) {
  Socket* client = sockets_.Find(client_id);
  Socket* origin = sockets_.Find(origin_id);
  if (client == nullptr || client->kind != Kind::kWaiting || !client->is_client) return false;
  if (origin == nullptr || origin->kind != Kind::kConnected) return false;

  client->kind = origin->kind = Kind::kTunnel;
  client->peer = origin;
  origin->peer = client;
  client->idle_ms = idle_ms;
  client->ends_at = Now() + life_ms;
  Touch(client);
  const std::unique_ptr<std::vector<char>> received = std::move(client->bytes);
  if (!SendFirst(client, origin)) return true;
  const size_t early = received->size() - client->head_end;
  Count(client, early);
  if (early > 0 && !Send(origin, received->data() + client->head_end, early)) return true;
  PumpBoth(client);
  return true;
}

// The answer to the client, and behind it what the origin has said while others were asked for it; false when the tunnel is over.
bool Edge::SendFirst(Socket* client, Socket* origin) {
  const std::unique_ptr<std::vector<char>> said = std::move(origin->bytes);
  if (said == nullptr) return Send(client, established_.data(), established_.size());
  Count(origin, said->size());
  said->insert(said->begin(), established_.begin(), established_.end());
  return Send(client, said->data(), said->size());
}

void Edge::PumpBoth(Socket* socket) {
  const uint32_t id = socket->id;
  Socket* peer = socket->peer;
  PumpOrQueue(socket);
  // gone where the first direction ended the tunnel
  if (sockets_.Find(id) != nullptr) PumpOrQueue(peer);
}

// Who moves much waits behind who moves little.
void Edge::PumpOrQueue(Socket* from) {
  if (from->full_reads >= kFullReads) {
    Queue(from);
  } else {
    Pump(from);
  }
}

void Edge::Queue(Socket* from) {
  if (from->queued) return;
  from->queued = true;
  queued_.push_back(from->id);
  WakeUp();
}

// Moves what `from` has sent to its peer, as far as both let it.
void Edge::Pump(Socket* from) {
  Socket* to = from->peer;
  const uint32_t id = from->id;
  const uint64_t before = from->received;
  for (int reads = 0; reads < kReadsAtOnce && from->received - before < kBytesAtOnce; reads++) {
    if (!Flush(to)) {
      // the tunnel may be over
      if (sockets_.Find(id) != nullptr) NotePause(from);
      return;
    }
    if (from->ended) {
      if (to->shut) return;
      if (from->shut) {
        // closing says FIN as well
        EndTunnel(from, EndReason::kClosed);
      } else {
        to->shut = true;
        shutdown(to->fd, SHUT_WR);
      }
      return;
    }
    if (!from->readable) {
      GivePipeBack(to);
      return;
    }
    if (!Read(from, to)) return;
  }
  // epoll tells of changes only: who stops early must come back by itself
  Queue(from);
}

// Sends what waits for `to`; true when nothing does any more.
bool Edge::Flush(Socket* to) {
  if (to->bytes == nullptr && (to->pipe == nullptr || to->pipe->held == 0)) return true;
  if (!to->writable) return false;
  if (to->bytes != nullptr) {
    const std::unique_ptr<std::vector<char>> bytes = std::move(to->bytes);
    const size_t at = to->sent;
    to->sent = 0;
    if (!Send(to, bytes->data() + at, bytes->size() - at)) return false;
    Touch(to);
    if (to->bytes != nullptr) return false;
  }
  while (to->pipe != nullptr && to->pipe->held > 0) {
    const ssize_t moved =
        splice(to->pipe->read_end, nullptr, to->fd, nullptr, to->pipe->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved > 0) {
      to->pipe->held -= static_cast<size_t>(moved);
      Touch(to);
    } else if (moved == -1 && errno == EINTR) {
      continue;
    } else if (moved == -1 && IsLater(errno)) {
      AwaitWritable(to);
      return false;
    } else {
      Break(to);
      return false;
    }
  }
  return true;
}

// One read; false when the tunnel is over.
bool Edge::Read(Socket* from, Socket* to) {
  if (from->full_reads >= kFullReads) {
    if (to->pipe == nullptr) to->pipe = pipes_.Take();
    if (to->pipe != nullptr) return ReadToPipe(from, to);
  }
  GivePipeBack(to);
  const ssize_t got = recv(from->fd, shared_.data(), shared_.size(), 0);
  if (got == 0) {
    NoteEnd(from);
    return true;
  }
  if (got == -1) {
    if (errno == EINTR) return true;
    if (IsLater(errno)) {
      AwaitReadable(from);
      NotePause(from);
      return true;
    }
    Break(from);
    return false;
  }
  const size_t size = static_cast<size_t>(got);
  Count(from, size);
  Touch(from);
  if (size < shared_.size() && !from->hung_up) {
    AwaitReadable(from);
    NotePause(from);
  }
  if (size < kMuch) {
    from->full_reads = 0;
  } else if (from->full_reads < kFullReads) {
    from->full_reads++;
  }
  return Send(to, shared_.data(), size);
}

// FIN was read. Where epoll has not told of it yet, it may be about to tell of a reset that followed, which comes first.
void Edge::NoteEnd(Socket* from) {
  from->ended = from->hung_up;
  AwaitReadable(from);
}

bool Edge::ReadToPipe(Socket* from, Socket* to) {
  const ssize_t got =
      splice(from->fd, nullptr, to->pipe->write_end, nullptr, kSpliceBytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (got > 0) {
    to->pipe->held += static_cast<size_t>(got);
    Count(from, static_cast<uint64_t>(got));
    Touch(from);
    if (static_cast<size_t>(got) < kMuch / 4) from->full_reads = 0;
    // what comes meanwhile gathers; more octets may mean that the pipe took no more
    const bool is_all = to->pipe->is_large && static_cast<size_t>(got) < kLittle;
    if (from->pace.gathering > 0 && is_all && !from->hung_up) AwaitReadable(from);
    return true;
  }
  if (got == 0) {
    NoteEnd(from);
    GivePipeBack(to);
    return true;
  }
  if (errno == EINTR) return true;
  if (IsLater(errno)) {
    // the pipe is empty, so it is the socket that has nothing
    AwaitReadable(from);
    GivePipeBack(to);
    NotePause(from);
    return true;
  }
  Break(from);
  return false;
}

// Sends, and keeps what the kernel does not take now; false when the tunnel is over. Nothing may wait for `to` before.
bool Edge::Send(Socket* to, const char* data, size_t size) {
  size_t sent = 0;
  while (sent < size && to->writable) {
    const ssize_t got = send(to->fd, data + sent, size - sent, MSG_NOSIGNAL);
    if (got >= 0) {
      sent += static_cast<size_t>(got);
      // short: its buffer is full, and epoll tells when it is not
      if (sent < size) AwaitWritable(to);
    } else if (IsLater(errno)) {
      AwaitWritable(to);
    } else if (errno != EINTR) {
      Break(to);
      return false;
    }
  }
  if (sent < size) to->bytes = std::make_unique<std::vector<char>>(data + sent, data + size);
  return true;
}

void Edge::Touch(Socket* half) { (half->is_client ? half : half->peer)->active_at = Now(); }

void Edge::Count(Socket* from, uint64_t size) {
  from->received += size;
  bytes_moved_ += size;
  (from->is_client ? traffic_.from_client : traffic_.to_client) += size;
}

void Edge::GivePipeBack(Socket* to) {
  if (to->pipe == nullptr) return;
  pipes_.GiveBack(to->pipe);
  to->pipe = nullptr;
}

void Edge::Break(Socket* half) {
  EndTunnel(half, half->is_client ? EndReason::kClientReset : EndReason::kOriginReset);
}

// Keeps the socket of an origin for the next one, where this was short and others are under way; false where it must be closed.
bool Edge::Spare(Socket* origin) {
  const Socket* client = origin->peer;
  const bool is_lone = sockets_.count() <= listeners_.size() + 2;
  if (!origin->may_be_spared || !origin->shut || client->probed || is_lone) return false;
  // those that are kept are nobody's, but they count
  if (accept_paused_ || static_cast<int>(descriptors()) + *elsewhere_ > client_ceiling_ / 2) return false;
  if (client->received + origin->received > kMostThroughASpare || !spares_.Keep(origin->fd)) return false;
  Forget(origin);
  return true;
}

// What was left to gather came before the reset: it is delivered as far as it is taken, a FIN among it is not.
void Edge::BreakAfterAll(Socket* half) {
  const uint32_t id = half->id;
  const bool gathers = half->pace.gathering > 0;
  half->hung_up = half->ended = false;
  // nothing follows that a short read might leave to gather
  half->pace.gathering = 0;
  if (gathers) Pump(half);
  if (sockets_.Find(id) != nullptr) Break(half);
}

void Edge::EndTunnel(Socket* half, EndReason reason) {
  Socket* client = half->is_client ? half : half->peer;
  Socket* origin = client->peer;
  Event event{EventType::kEnded, client->id, static_cast<int>(reason)};
  event.from_client = client->received;
  event.to_client = origin->received;
  events_.push_back(event);
  WakeUp();
  const bool reset = reason != EndReason::kClosed;
  const bool spared = !reset && Spare(origin);
  Drop(client, reset);
  if (!spared) Drop(origin, reset);
}

// One round of those that wait, until enough was moved for one turn; the others keep their place.
void Edge::RunQueued() {
  uint64_t moved = 0;
  for (size_t left = queued_.size(); left > 0 && moved < kBytesATurn; left--) {
    Socket* from = sockets_.Find(queued_.front());
    queued_.pop_front();
    if (from == nullptr) continue;
    from->queued = false;
    const uint64_t before = bytes_moved_;
    Pump(from);
    moved += bytes_moved_ - before;
  }
}

}  // namespace veilgate
