// What comes fast and in small portions is left to gather: each portion would wake us, and whoever we send it to.
//
// The kernel then tells of a half when as much waits there as a pipe takes (SO_RCVLOWAT), and a clock looks at it meanwhile, so that
// nothing waits for longer than a tick, the last octets of a transfer neither. A FIN or a reset is told at once.

#include <sys/socket.h>

#include <algorithm>

#include "edge.h"

namespace veilgate {
namespace {

constexpr uint64_t kTickMs = 4;
constexpr int kGathered = 1024 * 1024;
// What comes in so many ms tells whether it begins; in so many, whether it goes on: threads that take turns on a processor send in
// bursts.
constexpr uint64_t kMeasuredMs = 32;
constexpr uint64_t kJudgedMs = 128;
// Who loses much as soon as it gathers waits for something that we do not see: it is left alone for so long, twice as long each time.
constexpr uint32_t kFirstRestMs = 128;
constexpr uint32_t kLongestRestMs = 16384;
// It begins at 16 MiB a second.
constexpr uint64_t kFastPerMs = 16 * 1024;

void TellFrom(int fd, int octets) { setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &octets, sizeof(octets)); }

}  // namespace

// Nothing is read from this half for now: there is no more, or the other one takes no more.
void Edge::NotePause(Socket* from) {
  Pace& pace = from->pace;
  if (from->received < pace.not_before || pace.gathering > 0 || Now() < pace.rests_until) return;
  if (pace.measured_at == 0) {
    Measure(from);
  } else if (Now() - pace.measured_at >= kMeasuredMs) {
    const bool is_answered = IsAnswered(from);
    const uint64_t per_ms = Measure(from);
    if (is_answered || per_ms < kFastPerMs) return;
    pace.gathering = per_ms;
    pace.is_proven = false;
    TellFrom(from->fd, kGathered);
    gathering_.push_back(from->id);
    if (gathering_.size() == 1) uv_timer_start(&tick_, OnTick, kTickMs, kTickMs);
  }
}

// The other half has said something since it was measured: the sender may wait for such answers, and would be held up.
bool Edge::IsAnswered(const Socket* from) const { return from->peer->received != from->pace.answered; }

// Octets a ms since the last time.
uint64_t Edge::Measure(Socket* from) {
  Pace& pace = from->pace;
  const uint64_t octets = from->received - pace.measured;
  const uint64_t took = std::max(Now() - pace.measured_at, uint64_t{1});
  pace.measured = from->received;
  pace.measured_at = Now();
  pace.answered = from->peer->received;
  return octets / took;
}

void Edge::OnTick(uv_timer_t* handle) {
  Edge* edge = static_cast<Edge*>(handle->data);
  edge->in_turn_ = true;
  edge->LookAtGathering();
  edge->FinishTurn();
}

void Edge::LookAtGathering() {
  std::vector<uint32_t> all;
  all.swap(gathering_);
  for (const uint32_t id : all) {
    Socket* from = sockets_.Find(id);
    if (from == nullptr) continue;
    if (IsAnswered(from) || Now() - from->pace.measured_at >= kJudgedMs) JudgePace(from);
    if (from->pace.gathering > 0) gathering_.push_back(id);
    from->readable = true;
    PumpOrQueue(from);
  }
  if (gathering_.empty()) uv_timer_stop(&tick_);
}

// Gathering ends where the sender may be held up by it: where it was answered, where it loses a quarter of its pace at once, or half of it later.
void Edge::JudgePace(Socket* from) {
  Pace& pace = from->pace;
  const bool is_answered = IsAnswered(from);
  const uint64_t per_ms = Measure(from);
  const bool has_lost = pace.is_proven ? per_ms * 2 < pace.gathering : per_ms * 4 < pace.gathering * 3;
  if (!is_answered && !has_lost) {
    pace.is_proven = true;
    pace.rest_ms = 0;
    return;
  }
  if (!is_answered && !pace.is_proven) {
    pace.rest_ms = std::clamp(pace.rest_ms * 2, kFirstRestMs, kLongestRestMs);
    pace.rests_until = Now() + pace.rest_ms;
  }
  TellFrom(from->fd, 1);
  pace.gathering = 0;
  pace.measured_at = 0;
  pace.not_before = from->received + Pace::kUnmeasured;
}

}  // namespace veilgate
