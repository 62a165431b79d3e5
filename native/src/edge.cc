#include "edge.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "address.h"
#include "head_reader.h"
#include "listening_socket.h"
#include "loopback_pace.h"

namespace veilgate {
namespace {

// A tunnel that is silent for this long has its peers probed: the kernel then notices those that are gone. Tunnels that fell
// silent together are probed at different times: of 18,000 probes at once a thousand get through (netdev_max_backlog).
constexpr int kProbeAfterSeconds = 60;
constexpr uint32_t kProbeSpreadSeconds = 64;
constexpr int kEventsAtOnce = 256;
constexpr uint64_t kAcceptAgainMs = 100;
constexpr size_t kSharedBytes = 65536;
constexpr uint32_t kEndEvents = EPOLLRDHUP | EPOLLET;
constexpr uint32_t kReadEvents = EPOLLIN | kEndEvents;

// 0 or an errno.
int Bind(int fd, const char* ip, sa_family_t family) {
  Address address;
  const socklen_t size = ToAddress(ip, 0, &address);
  if (size == 0 || address.any.sa_family != family) return EINVAL;
  // the port is chosen when the target is known, so that one address serves more than 28,000 connections
  const int later = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof(later));
  return bind(fd, &address.any, size) == 0 ? 0 : errno;
}

void SetOption(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof(value)); }

// A new socket to connect from; 0, or an errno, negative where the local address could not be bound.
int OpenTowards(const Address& peer, const char* local_ip, int* fd) {
  *fd = socket(peer.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (*fd == -1) return errno;
  SetOption(*fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SendUnpacedOnLoopback(*fd, peer);
  return *local_ip == '\0' ? 0 : -Bind(*fd, local_ip, peer.any.sa_family);
}

}  // namespace

Edge::Edge(uv_loop_t* loop, EdgeListener* listener, std::string established, const int32_t* elsewhere)
    : loop_(loop), listener_(listener), established_(std::move(established)), elsewhere_(elsewhere), shared_(kSharedBytes) {}

int Edge::Open() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ == -1) return errno;
  const int status = uv_poll_init(loop_, &poll_, epoll_);
  if (status != 0) {
    close(epoll_);
    return -status;
  }
  uv_idle_init(loop_, &idle_);
  uv_timer_init(loop_, &timer_);
  uv_timer_init(loop_, &tick_);
  poll_.data = idle_.data = timer_.data = tick_.data = this;
  open_handles_ = 4;
  uv_unref(reinterpret_cast<uv_handle_t*>(&tick_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&timer_));
  uv_poll_start(&poll_, UV_READABLE, OnPoll);
  UpdateRef();
  return 0;
}

void Edge::Close() {
  if (closing_) return;
  closing_ = true;
  sockets_.ForEach([this](Socket* socket) {
    if (socket->fd != -1) close(socket->fd);
    if (socket->pipe != nullptr) pipes_.GiveBack(socket->pipe);
    sockets_.Remove(socket);
  });
  pipes_.Clear();
  spares_.Clear();
  events_.clear();
  queued_.clear();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), OnHandleClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), OnHandleClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), OnHandleClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&tick_), OnHandleClosed);
}

void Edge::OnHandleClosed(uv_handle_t* handle) {
  Edge* edge = static_cast<Edge*>(handle->data);
  if (--edge->open_handles_ > 0) return;
  // not before the loop has let go of it
  close(edge->epoll_);
  edge->listener_->OnClosed();
}

int Edge::Listen(const char* ip, uint16_t* port) {
  const int fd = OpenListeningSocket(ip, port, Sharing::kNone);
  return fd < 0 ? fd : AddListener(fd);
}

int Edge::ListenAt(int fd, uint16_t* port) {
  const int taken = InheritListeningSocket(fd);
  if (taken < 0) return taken;
  *port = static_cast<uint16_t>(taken);
  return AddListener(fd);
}

int Edge::AddListener(int fd) {
  int fault = EMFILE;
  Socket* listener = sockets_.Add(fd, Kind::kListener);
  if (listener != nullptr) {
    if (accept_paused_ || Watch(listener, EPOLLIN)) {
      listeners_.push_back(listener->id);
      UpdateRef();
      return static_cast<int>(listener->id);
    }
    fault = errno;
    sockets_.Remove(listener);
  }
  close(fd);
  return -fault;
}

uint32_t Edge::Connect(const char* ip, uint16_t port, const char* local_ip) {
  Address address;
  const socklen_t size = ToAddress(ip, port, &address);
  Socket* origin = sockets_.Add(-1, Kind::kConnecting);
  if (origin == nullptr) return 0;
  const uint32_t id = origin->id;
  if (size == 0) {
    origin->fault = EINVAL;
  } else {
    origin->may_be_spared = *local_ip == '\0' && SpareSockets::Serves(address);
    if (origin->may_be_spared) origin->fd = spares_.Take();
    origin->watched = origin->fd != -1;
    if (origin->fd == -1) origin->fault = OpenTowards(address, local_ip, &origin->fd);
    if (origin->fault == 0 && connect(origin->fd, &address.any, size) != 0 && errno != EINPROGRESS) origin->fault = errno;
    origin->watches_writable = true;
    if (origin->fault == 0 && !Watch(origin, kReadEvents | EPOLLOUT)) origin->fault = errno;
  }
  // told later: the caller does not have the id yet
  if (origin->fault != 0) {
    Tell(EventType::kFailed, origin, origin->fault);
    Drop(origin, false);
  }
  UpdateRef();
  return id;
}

void Edge::Ask(uint32_t id, const char* data, size_t size) {
  Socket* origin = sockets_.Find(id);
  if (origin == nullptr || origin->kind != Kind::kConnected) return;
  // a few hundred octets, and nothing waits before them since all that was asked was answered: the kernel takes them, or the
  // connection is broken, which is read
  if (size > 0) send(origin->fd, data, size, MSG_NOSIGNAL);
  origin->is_asked = true;
  if (origin->bytes != nullptr || origin->readable) TellReply(origin);
}

void Edge::TellReply(Socket* origin) {
  origin->is_asked = false;
  Tell(EventType::kReply, origin);
}

ssize_t Edge::TakeReply(uint32_t id, char* into, size_t room) {
  Socket* origin = sockets_.Find(id);
  if (origin == nullptr || origin->kind != Kind::kConnected) return -1;
  if (origin->bytes != nullptr) {
    const std::unique_ptr<std::vector<char>> bytes = std::move(origin->bytes);
    const size_t size = std::min(room, bytes->size());
    memcpy(into, bytes->data(), size);
    return static_cast<ssize_t>(size);
  }
  ssize_t got;
  do {
    got = recv(origin->fd, into, room, 0);
  } while (got == -1 && errno == EINTR);
  if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    origin->readable = false;
    origin->is_asked = true;
    return -1;
  }
  if (got > 0 && static_cast<size_t>(got) < room && !origin->hung_up) origin->readable = false;
  return std::max<ssize_t>(got, 0);
}

void Edge::PutBack(uint32_t id, const char* data, size_t size) {
  Socket* origin = sockets_.Find(id);
  if (origin == nullptr || origin->kind != Kind::kConnected || size == 0) return;
  origin->bytes = std::make_unique<std::vector<char>>(data, data + size);
}

void Edge::CloseSocket(uint32_t id, bool reset) {
  Socket* socket = sockets_.Find(id);
  if (socket == nullptr) return;
  if (socket->kind == Kind::kTunnel) {
    EndTunnel(socket, EndReason::kAborted);
    return;
  }
  if (socket->kind == Kind::kListener) {
    listeners_.erase(std::find(listeners_.begin(), listeners_.end(), id));
  } else if (socket->is_client) {
    Tell(EventType::kGone, socket);
  }
  Drop(socket, reset);
}

int Edge::Detach(uint32_t id, std::vector<char>* bytes) {
  Socket* client = sockets_.Find(id);
  if (client == nullptr || !client->is_client || client->kind == Kind::kTunnel) return -1;
  const int fd = client->fd;
  Unwatch(client);
  if (bytes != nullptr && client->bytes != nullptr) bytes->swap(*client->bytes);
  Forget(client);
  return fd;
}

void Edge::Sweep() {
  const uint64_t now = Now();
  sockets_.ForEach([this, now](Socket* socket) {
    if (socket->kind != Kind::kTunnel || !socket->is_client) return;
    const uint64_t silent_ms = now - socket->active_at;
    if (now >= socket->ends_at) {
      EndTunnel(socket, EndReason::kLifetime);
    } else if (silent_ms >= socket->idle_ms) {
      EndTunnel(socket, EndReason::kIdle);
    } else if (silent_ms >= kProbeAfterSeconds * 1000 && !socket->probed) {
      socket->probed = true;
      for (const int fd : {socket->fd, socket->peer->fd}) {
        SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfterSeconds + static_cast<int>(socket->id % kProbeSpreadSeconds));
      }
    }
  });
}

void Edge::OnPoll(uv_poll_t* handle, int, int) {
  Edge* edge = static_cast<Edge*>(handle->data);
  edge->in_turn_ = true;
  edge->ReadEvents();
  edge->FinishTurn();
}

void Edge::OnIdle(uv_idle_t* handle) {
  Edge* edge = static_cast<Edge*>(handle->data);
  uv_idle_stop(handle);
  edge->in_turn_ = true;
  edge->FinishTurn();
}

void Edge::FinishTurn() {
  RunQueued();
  Deliver();
  in_turn_ = false;
  if (!closing_ && (!events_.empty() || !queued_.empty())) WakeUp();
}

void Edge::OnTimer(uv_timer_t* handle) {
  Edge* edge = static_cast<Edge*>(handle->data);
  edge->ResumeAccept();
  if (edge->accept_paused_) edge->TellPaused();
}

void Edge::ReadEvents() {
  epoll_event events[kEventsAtOnce];
  // more than these are there at the next turn of the loop
  const int count = epoll_wait(epoll_, events, kEventsAtOnce, 0);
  for (int i = 0; i < count; i++) {
    Socket* socket = sockets_.Find(events[i].data.u32);
    if (socket != nullptr) Handle(socket, events[i].events);
  }
}

void Edge::Handle(Socket* socket, uint32_t events) {
  if (socket->kind == Kind::kListener) {
    Accept(socket);
    return;
  }
  if (socket->kind == Kind::kConnecting) {
    FinishConnect(socket, events);
    return;
  }
  const bool was_readable = socket->readable;
  // whoever reads a broken socket meets its error
  const bool is_broken = (events & EPOLLERR) != 0;
  if (is_broken || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) socket->readable = true;
  if ((events & EPOLLOUT) != 0) socket->writable = true;
  if (is_broken || (events & (EPOLLRDHUP | EPOLLHUP)) != 0) socket->hung_up = true;
  switch (socket->kind) {
    case Kind::kHead:
      if (socket->readable && ReadHead(socket) == Reading::kOther) Tell(EventType::kHandOver, socket);
      break;
    case Kind::kWaiting:
      if (is_broken || (events & EPOLLHUP) != 0) {
        Tell(EventType::kGone, socket);
        Drop(socket, true);
      }
      break;
    case Kind::kConnected:
      if (socket->is_asked && socket->readable) TellReply(socket);
      break;
    case Kind::kTunnel:
      if (is_broken) {
        BreakAfterAll(socket);
      } else {
        if (was_readable && !socket->peer->writable) StopHearing(socket);
        PumpBoth(socket);
      }
      break;
    default:
      break;
  }
}

void Edge::Accept(Socket* listener) {
  for (int i = 0; i < accepts_at_once_; i++) {
    if (!HasRoom() && !MakeRoom()) {
      PauseAccept();
      return;
    }
    Address address;
    socklen_t size = sizeof(address);
    const int fd = accept4(listener->fd, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) PauseAccept();
      // a client that left while it waited is an error of its own; the next one may be fine
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    Socket* client = sockets_.Add(fd, Kind::kHead);
    if (client == nullptr) {
      close(fd);
      return;
    }
    client->is_client = true;
    // it is writable now, and to hear that would cost a turn of the loop
    client->writable = true;
    Event event{EventType::kAccepted, client->id, static_cast<int>(listener->id)};
    if (address.any.sa_family == AF_INET) {
      memcpy(&event.address, &address.four, sizeof(address.four));
    } else {
      event.address = address.six;
    }
    const size_t place = events_.size();
    events_.push_back(event);
    // most have spoken by now, and those that are not kept cost epoll nothing then
    const Reading reading = ReadHead(client);
    if (reading == Reading::kOther) events_[place].type = EventType::kArrived;
    if (reading == Reading::kKept && !Watch(client, kReadEvents)) {
      Tell(EventType::kGone, client);
      Drop(client, true);
    }
    // all numbers below are in use, some by what nobody counts
    if (fd >= client_ceiling_) was_short_ = true;
  }
}

void Edge::set_descriptor_ceilings(int for_clients, int for_pipes) {
  client_ceiling_ = for_clients;
  // with what is kept for dialling: their origins are counted before the next ones are taken
  accepts_at_once_ = std::clamp(for_pipes - for_clients, 1, kAcceptsAtOnce);
  pipes_.set_ceiling(for_pipes);
}

Traffic Edge::TakeTraffic() {
  const Traffic taken = traffic_;
  traffic_ = {};
  return taken;
}

// Whether one more client would leave what is kept for origins and the reserve. Those that are counted say so while origins have
// numbers above the ceiling; what nobody counts shows in the lowest number that is free, which is what the kernel gives.
bool Edge::HasRoom() const {
  if (static_cast<int>(descriptors()) + *elsewhere_ >= client_ceiling_) return false;
  if (!was_short_) return true;
  const int next = fcntl(epoll_, F_DUPFD_CLOEXEC, 0);
  if (next == -1) return false;
  close(next);
  return next < client_ceiling_;
}

// Gives up what nobody has; whether that makes room for a client.
bool Edge::MakeRoom() {
  pipes_.Clear();
  spares_.Clear();
  return HasRoom();
}

// Short of descriptors, or of memory: who waits in the backlog stays there.
void Edge::PauseAccept() {
  if (accept_paused_) return;
  accept_paused_ = was_short_ = true;
  traffic_.accept_pauses++;
  for (const uint32_t id : listeners_) Unwatch(sockets_.Find(id));
  TellPaused();
}

// Again and again while it lasts: what idles by now, here and elsewhere, can be a client's.
void Edge::TellPaused() {
  MakeRoom();
  uv_timer_start(&timer_, OnTimer, kAcceptAgainMs, 0);
  events_.push_back({EventType::kPaused, 0});
  WakeUp();
}

void Edge::ResumeAccept() {
  if (!accept_paused_ || !HasRoom()) return;
  accept_paused_ = false;
  for (const uint32_t id : listeners_) Watch(sockets_.Find(id), EPOLLIN);
  // they are told in this order, and one with a crowd before it leaves no room for the others: another is first the next time
  if (listeners_.size() > 1) std::rotate(listeners_.begin(), listeners_.begin() + 1, listeners_.end());
}

// kOther: it is for the caller to tell.
Edge::Reading Edge::ReadHead(Socket* client) {
  for (;;) {
    const ssize_t got = recv(client->fd, shared_.data(), shared_.size(), 0);
    if (got == -1 && errno == EINTR) continue;
    if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      client->readable = false;
      return Reading::kKept;
    }
    const bool has_begun = client->bytes != nullptr;
    if (got == -1 || (got == 0 && !has_begun)) {
      Tell(EventType::kGone, client);
      Drop(client, false);
      return Reading::kGone;
    }
    const size_t size = static_cast<size_t>(got);
    const size_t seen = has_begun ? client->bytes->size() : 0;
    if (!has_begun) client->bytes = std::make_unique<std::vector<char>>();
    client->bytes->insert(client->bytes->end(), shared_.data(), shared_.data() + size);
    const HeadScan scan = ScanHead(client->bytes->data(), client->bytes->size(), seen, head_limit_);
    if (size < shared_.size() && !client->hung_up) client->readable = false;
    if (scan.verdict == HeadVerdict::kConnect) {
      client->kind = Kind::kWaiting;
      client->head_end = static_cast<uint32_t>(scan.end);
      Tell(EventType::kHead, client);
      return Reading::kKept;
    }
    if (scan.verdict == HeadVerdict::kOther || size == 0) {
      client->kind = Kind::kWaiting;
      return Reading::kOther;
    }
    if (!has_begun) Tell(EventType::kPartial, client);
    if (!client->readable) return Reading::kKept;
  }
}

void Edge::FinishConnect(Socket* origin, uint32_t events) {
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    int fault = 0;
    socklen_t size = sizeof(fault);
    getsockopt(origin->fd, SOL_SOCKET, SO_ERROR, &fault, &size);
    Tell(EventType::kFailed, origin, fault == 0 ? ECONNRESET : fault);
    Drop(origin, false);
    return;
  }
  if ((events & EPOLLOUT) == 0) return;
  origin->kind = Kind::kConnected;
  origin->writable = true;
  origin->readable = (events & (EPOLLIN | EPOLLRDHUP)) != 0;
  origin->hung_up = (events & EPOLLRDHUP) != 0;
  Tell(EventType::kConnected, origin);
}

bool Edge::Watch(Socket* socket, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.u32 = socket->id;
  socket->watched = epoll_ctl(epoll_, socket->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket->fd, &event) == 0;
  return socket->watched;
}

void Edge::Unwatch(Socket* socket) {
  if (socket->watched) epoll_ctl(epoll_, EPOLL_CTL_DEL, socket->fd, nullptr);
  socket->watched = false;
}

void Edge::AwaitWritable(Socket* socket) {
  socket->writable = false;
  traffic_.waits++;
  if (!socket->watches_writable) WatchAgain(socket);
}

// It is taken to be readable, and nobody can take what it brings: more of that is no news. Whoever does not hear of it is readable.
void Edge::StopHearing(Socket* socket) {
  if (!socket->watches_readable) return;
  socket->watches_readable = false;
  WatchAgain(socket);
}

// epoll tells at once where there is something after all.
void Edge::AwaitReadable(Socket* socket) {
  socket->readable = false;
  if (socket->watches_readable) return;
  socket->watches_readable = true;
  WatchAgain(socket);
}

// epoll tells anew of what it is asked for: not of room that is known.
void Edge::WatchAgain(Socket* socket) {
  socket->watches_writable = !socket->writable;
  Watch(socket, (socket->watches_readable ? kReadEvents : kEndEvents) | (socket->watches_writable ? EPOLLOUT : 0u));
}

void Edge::Tell(EventType type, Socket* socket, int code) {
  events_.push_back({type, socket->id, code});
  WakeUp();
}

void Edge::Drop(Socket* socket, bool reset) {
  if (socket->fd != -1) {
    // Closing takes it out of epoll, but not while a child process that has just been forked holds another descriptor of the
    // same socket: a listener would tell on and on then. Of the others epoll tells changes only, by ids that are nobody's.
    if (socket->kind == Kind::kListener) Unwatch(socket);
    if (reset) {
      const linger at_once = {1, 0};
      setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    close(socket->fd);
  }
  Forget(socket);
  ResumeAccept();
}

void Edge::Forget(Socket* socket) {
  if (socket->pipe != nullptr) pipes_.GiveBack(socket->pipe);
  sockets_.Remove(socket);
  if (sockets_.count() == 0) UpdateRef();
  // nobody is left who would soon need one
  if (sockets_.count() <= listeners_.size()) spares_.Clear();
}

void Edge::WakeUp() {
  if (in_turn_) return;
  if (!uv_is_active(reinterpret_cast<uv_handle_t*>(&idle_))) uv_idle_start(&idle_, OnIdle);
}

void Edge::Deliver() {
  if (delivering_ || events_.empty() || closing_) return;
  delivering_ = true;
  if (listener_->Begin()) {
    // what the listener does may add events, or close the edge
    for (size_t i = 0; i < events_.size(); i++) {
      const Event event = events_[i];
      listener_->On(event);
    }
    listener_->End();
  }
  events_.clear();
  delivering_ = false;
}

// The loop lives as long as there is something to wait for.
void Edge::UpdateRef() {
  uv_handle_t* handle = reinterpret_cast<uv_handle_t*>(&poll_);
  if (sockets_.count() > 0) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

}  // namespace veilgate
