// The native edge: accepts clients, reads the heads of their CONNECTs, connects to origins and moves octets between the
// two, on Node's own loop. It decides nothing: what it meets it tells as events, and TypeScript calls back.
#pragma once

#include <netinet/in.h>
#include <uv.h>

#include <climits>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "pipe_pool.h"
#include "socket_table.h"
#include "spare_sockets.h"

namespace veilgate {

enum class EventType : uint8_t {
  kAccepted,    // client; code: id of its listener
  kArrived,     // the same where it has sent something else than a CONNECT already: its descriptor goes to TypeScript
  kPartial,     // client has sent a part of a head, once
  kHead,        // client has sent a whole CONNECT head
  kHandOver,    // client has sent something else: its descriptor goes to TypeScript
  kGone,        // client that is no tunnel has closed
  kConnected,   // origin
  kFailed,      // origin; code: errno, negative where the local address could not be bound
  kReply,       // origin that was asked: there is something to read
  kEnded,       // tunnel, by the id of its client; code: EndReason
  kPaused,      // no client is taken until descriptors are free; told again while it lasts
};

enum class EndReason : int { kClosed, kClientReset, kOriginReset, kIdle, kAborted, kLifetime };

// What has moved through tunnels, and what stood in the way, since somebody asked.
struct Traffic {
  uint64_t from_client = 0;
  uint64_t to_client = 0;
  // How often who sends had to wait for who reads.
  uint64_t waits = 0;
  // How often clients were left waiting for want of descriptors.
  uint64_t accept_pauses = 0;
};

struct Event {
  EventType type;
  uint32_t id;
  int code = 0;
  uint64_t from_client = 0;
  uint64_t to_client = 0;
  sockaddr_in6 address = {};
};

// Hears of events, never from within a call to the edge. It may call the edge.
class EdgeListener {
 public:
  virtual ~EdgeListener() = default;
  // `begin` and `end` surround the events of one turn of the loop.
  virtual bool Begin() = 0;
  virtual void On(const Event& event) = 0;
  virtual void End() = 0;
  // All handles of the loop are closed: the edge may be deleted.
  virtual void OnClosed() = 0;
};

class Edge {
 public:
  // `established`: what a client reads when its tunnel stands. `elsewhere`: how many descriptors are open in this process that are
  // not the edge's; read each time, until it is closed.
  Edge(uv_loop_t* loop, EdgeListener* listener, std::string established, const int32_t* elsewhere);
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;

  // 0 or an errno.
  int Open();
  // Ends everything; OnClosed follows. No call is allowed after it.
  void Close();

  // An id, or a negative errno. `port` is in host order; the port that was taken comes back in it.
  int Listen(const char* ip, uint16_t* port);
  // The same with a socket that listens already, which is the edge's from then on unless it is no such socket.
  int ListenAt(int fd, uint16_t* port);
  // An id; kConnected or kFailed follows unless it is closed before.
  // `local_ip`: the address to go out from, and from no other; empty: any.
  uint32_t Connect(const char* ip, uint16_t port, const char* local_ip);
  // Says something to a connected origin that is a proxy on the way to the target; one kReply follows, for what it sends next.
  // `size` may be 0: then it is only heard.
  void Ask(uint32_t id, const char* data, size_t size);
  // Reads it, when kReply is told: how many octets, 0 where the origin has ended or broken, -1 where there is nothing yet.
  ssize_t TakeReply(uint32_t id, char* into, size_t room);
  // Octets of a reply that are not the proxy's: they come before all others, to whoever asks next or to the client of the tunnel.
  void PutBack(uint32_t id, const char* data, size_t size);
  // Makes a tunnel of a waiting client and a connected origin; false when one of them is gone.
  bool Splice(uint32_t client_id, uint32_t origin_id, uint64_t idle_ms, uint64_t life_ms);
  // Closes a socket, or both of a tunnel, with a reset where `reset`. A client's kGone or a tunnel's kEnded follows.
  void CloseSocket(uint32_t id, bool reset);
  // Takes a client out: the descriptor is the caller's. -1 when it is gone.
  int Detach(uint32_t id, std::vector<char>* bytes);
  // Ends tunnels that were idle for too long or whose life is over, and has the peers of silent ones probed.
  void Sweep();
  void set_head_limit(size_t limit) { head_limit_ = limit; }
  // With so many descriptors, or from these numbers of one on, no client is taken, and no pipe is opened.
  void set_descriptor_ceilings(int for_clients, int for_pipes);
  // That are open for clients, origins, listeners and pipes, or kept for the next ones.
  size_t descriptors() const { return sockets_.count() + pipes_.descriptors() + spares_.count(); }
  Traffic TakeTraffic();
  const Socket* Find(uint32_t id) const { return sockets_.Find(id); }

 private:
  static void OnPoll(uv_poll_t* handle, int status, int events);
  static void OnIdle(uv_idle_t* handle);
  static void OnTimer(uv_timer_t* handle);
  static void OnHandleClosed(uv_handle_t* handle);

  void ReadEvents();
  void FinishTurn();
  void Handle(Socket* socket, uint32_t events);
  int AddListener(int fd);
  void Accept(Socket* listener);
  bool HasRoom() const;
  bool MakeRoom();
  void PauseAccept();
  void TellPaused();
  // Where there is room.
  void ResumeAccept();
  enum class Reading { kKept, kOther, kGone };
  Reading ReadHead(Socket* client);
  void FinishConnect(Socket* origin, uint32_t events);
  void TellReply(Socket* origin);

  // relay.cc
  bool SendFirst(Socket* client, Socket* origin);
  void PumpBoth(Socket* socket);
  void PumpOrQueue(Socket* from);
  void Queue(Socket* from);
  void Pump(Socket* from);
  bool Flush(Socket* to);
  bool Read(Socket* from, Socket* to);
  bool ReadToPipe(Socket* from, Socket* to);
  void NoteEnd(Socket* from);
  bool Send(Socket* to, const char* data, size_t size);
  void Touch(Socket* half);
  void Count(Socket* from, uint64_t size);
  void GivePipeBack(Socket* to);
  bool Spare(Socket* origin);
  void EndTunnel(Socket* half, EndReason reason);
  void Break(Socket* half);
  void BreakAfterAll(Socket* half);
  void RunQueued();

  // gather.cc
  void NotePause(Socket* from);
  uint64_t Measure(Socket* from);
  bool IsAnswered(const Socket* from) const;
  void JudgePace(Socket* from);
  void LookAtGathering();
  static void OnTick(uv_timer_t* handle);

  bool Watch(Socket* socket, uint32_t events);
  void Unwatch(Socket* socket);
  void AwaitWritable(Socket* socket);
  void AwaitReadable(Socket* socket);
  void StopHearing(Socket* socket);
  void WatchAgain(Socket* socket);
  void Tell(EventType type, Socket* socket, int code = 0);
  // Closes the descriptor and forgets the socket.
  void Drop(Socket* socket, bool reset);
  void Forget(Socket* socket);
  // Makes sure that events and queued sockets are looked after in this turn or the next.
  void WakeUp();
  void Deliver();
  void UpdateRef();
  uint64_t Now() const { return uv_now(loop_); }

  uv_loop_t* loop_;
  EdgeListener* listener_;
  std::string established_;
  const int32_t* elsewhere_;
  int epoll_ = -1;
  uv_poll_t poll_;
  uv_idle_t idle_;
  uv_timer_t timer_;
  uv_timer_t tick_;
  int open_handles_ = 0;
  bool closing_ = false;
  bool in_turn_ = false;
  bool delivering_ = false;
  bool accept_paused_ = false;
  // It was once: from then on the next free number is asked for before each client.
  bool was_short_ = false;
  size_t head_limit_ = 65536;
  // Clients taken in one go: those already here have their turn in between.
  static constexpr int kAcceptsAtOnce = 64;
  int accepts_at_once_ = kAcceptsAtOnce;
  int client_ceiling_ = INT_MAX;
  Traffic traffic_;
  SocketTable sockets_;
  PipePool pipes_;
  SpareSockets spares_;
  std::vector<Event> events_;
  // Directions that move much, or stopped early, by the id of who sends.
  std::deque<uint32_t> queued_;
  uint64_t bytes_moved_ = 0;
  // Halves whose octets gather, by id.
  std::vector<uint32_t> gathering_;
  std::vector<uint32_t> listeners_;
  // One for all: octets stay in it only within a call.
  std::vector<char> shared_;
};

}  // namespace veilgate
