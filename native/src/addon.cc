// Node-API around the edge: turns its events into calls of a handler object and calls of JavaScript into calls of it.
#define NAPI_VERSION 8
#include <arpa/inet.h>
#include <net/if.h>
#include <node_api.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>
#include <string>
#include <string_view>

#include "edge.h"
#include "listening_socket.h"
#include "mapped_file.h"

namespace veilgate {
namespace {

// By EventType.
constexpr std::array<const char*, 11> kHandlerNames = {"onAccepted", "onArrived",   "onPartial", "onHead",  "onHandOver",
                                                       "onGone",     "onConnected", "onFailed",  "onReply", "onEnded", "onPaused"};

napi_value Number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

napi_value Integer(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

napi_value Pair(napi_env env, int32_t first, int32_t second) {
  napi_value result = nullptr;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, Integer(env, first));
  napi_set_element(env, result, 1, Integer(env, second));
  return result;
}

napi_value Latin1(napi_env env, const char* text, size_t size) {
  napi_value result = nullptr;
  napi_create_string_latin1(env, text, size, &result);
  return result;
}

uint16_t PortOf(const sockaddr_in6& address) {
  // at the same place in both families
  return ntohs(address.sin6_port);
}

// As Node writes it, but IPv4 inside IPv6 as IPv4.
std::string AddressText(const sockaddr_in6& address) {
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE] = "";
  if (address.sin6_family == AF_INET) {
    const sockaddr_in* four = reinterpret_cast<const sockaddr_in*>(&address);
    inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text));
  } else if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
    inet_ntop(AF_INET, &address.sin6_addr.s6_addr[12], text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
    char zone[IF_NAMESIZE];
    if (IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr) && if_indextoname(address.sin6_scope_id, zone) != nullptr) {
      return std::string(text) + "%" + zone;
    }
  }
  return text;
}

// One edge and its handler object. Deletes itself when the loop has let go of its handles and JavaScript of its object.
class Wrapped final : public EdgeListener {
 public:
  // `elsewhere`: in memory that Start holds.
  Wrapped(napi_env env, uv_loop_t* loop, std::string established, const int32_t* elsewhere)
      : env_(env), edge_(std::make_unique<Edge>(loop, this, std::move(established), elsewhere)) {}

  bool Start(napi_value replies, napi_value elsewhere, napi_value handler) {
    napi_value name = Latin1(env_, "veilgate", NAPI_AUTO_LENGTH);
    napi_value resource;
    napi_create_object(env_, &resource);
    napi_create_reference(env_, resource, 1, &resource_);
    napi_async_init(env_, resource, name, &async_);
    napi_create_reference(env_, handler, 1, &handler_);
    napi_create_reference(env_, replies, 1, &replies_);
    napi_create_reference(env_, elsewhere, 1, &elsewhere_);
    for (size_t i = 0; i < kHandlerNames.size(); i++) {
      napi_value function;
      napi_valuetype type;
      if (napi_get_named_property(env_, handler, kHandlerNames[i], &function) != napi_ok ||
          napi_typeof(env_, function, &type) != napi_ok || type != napi_function) {
        return false;
      }
      napi_create_reference(env_, function, 1, &functions_[i]);
    }
    const int fault = edge_->Open();
    if (fault != 0) return false;
    is_open_ = true;
    napi_add_async_cleanup_hook(env_, OnCleanup, this, &cleanup_);
    return true;
  }

  Edge* edge() { return is_open_ ? edge_.get() : nullptr; }

  void Close() {
    if (!is_open_) return;
    is_open_ = false;
    edge_->Close();
  }

  void OnCollected() {
    is_collected_ = true;
    DeleteIfOver();
  }

  bool Begin() override {
    napi_open_handle_scope(env_, &scope_);
    napi_value resource;
    napi_get_reference_value(env_, resource_, &resource);
    if (napi_open_callback_scope(env_, resource, async_, &callback_scope_) == napi_ok) return true;
    napi_close_handle_scope(env_, scope_);
    return false;
  }

  void End() override {
    napi_close_callback_scope(env_, callback_scope_);
    napi_close_handle_scope(env_, scope_);
  }

  void On(const Event& event) override {
    if (!is_open_) return;
    napi_handle_scope scope;
    napi_open_handle_scope(env_, &scope);
    std::array<napi_value, 5> arguments;
    const size_t count = ArgumentsOf(event, arguments);
    if (count > 0) {
      napi_value handler;
      napi_value function;
      napi_get_reference_value(env_, handler_, &handler);
      napi_get_reference_value(env_, functions_[static_cast<size_t>(event.type)], &function);
      if (napi_call_function(env_, handler, function, count, arguments.data(), nullptr) == napi_pending_exception) {
        napi_value error;
        napi_get_and_clear_last_exception(env_, &error);
        napi_fatal_exception(env_, error);
      }
    }
    napi_close_handle_scope(env_, scope);
  }

  void OnClosed() override {
    is_closed_ = true;
    ReleaseReferences();
    if (cleanup_ != nullptr) napi_remove_async_cleanup_hook(cleanup_);
    DeleteIfOver();
  }

  // The handler knows the JavaScript object of this edge: while it is held, neither can be collected.
  void ReleaseReferences() {
    for (napi_ref& function : functions_) Release(&function);
    Release(&handler_);
    Release(&replies_);
    Release(&elsewhere_);
    Release(&resource_);
    if (async_ != nullptr) napi_async_destroy(env_, async_);
    async_ = nullptr;
  }

 private:
  static void OnCleanup(napi_async_cleanup_hook_handle, void* data) { static_cast<Wrapped*>(data)->Close(); }

  // 0 where the event is about a socket that is gone by now.
  size_t ArgumentsOf(const Event& event, std::array<napi_value, 5>& arguments) {
    arguments[0] = Integer(env_, static_cast<int32_t>(event.id));
    switch (event.type) {
      case EventType::kAccepted:
        ToPeer(event.address, &arguments[1]);
        arguments[3] = Integer(env_, event.code);
        return 4;
      case EventType::kArrived:
        if (!TakeOver(event.id, &arguments[0])) return 0;
        ToPeer(event.address, &arguments[2]);
        arguments[4] = Integer(env_, event.code);
        return 5;
      case EventType::kHead: {
        const Socket* client = edge_->Find(event.id);
        if (client == nullptr) return 0;
        // without the empty line
        arguments[1] = Latin1(env_, client->bytes->data(), client->head_end - 2);
        return 2;
      }
      case EventType::kHandOver:
        return TakeOver(event.id, &arguments[1]) ? 3 : 0;
      case EventType::kFailed:
        arguments[1] = Integer(env_, event.code);
        return 2;
      case EventType::kReply: {
        napi_value replies;
        void* into = nullptr;
        size_t room = 0;
        napi_get_reference_value(env_, replies_, &replies);
        napi_get_buffer_info(env_, replies, &into, &room);
        const ssize_t size = edge_->TakeReply(event.id, static_cast<char*>(into), room);
        if (size == -1) return 0;
        arguments[1] = Integer(env_, static_cast<int32_t>(size));
        return 2;
      }
      case EventType::kEnded:
        arguments[1] = Integer(env_, event.code);
        arguments[2] = Number(env_, static_cast<double>(event.from_client));
        arguments[3] = Number(env_, static_cast<double>(event.to_client));
        return 4;
      default:
        return 1;
    }
  }

  // Address and port.
  void ToPeer(const sockaddr_in6& address, napi_value arguments[2]) {
    const std::string ip = AddressText(address);
    arguments[0] = Latin1(env_, ip.data(), ip.size());
    arguments[1] = Integer(env_, PortOf(address));
  }

  // Descriptor and what was received; false when the client is gone.
  bool TakeOver(uint32_t id, napi_value arguments[2]) {
    std::vector<char> bytes;
    const int fd = edge_->Detach(id, &bytes);
    if (fd == -1) return false;
    arguments[0] = Integer(env_, fd);
    napi_create_buffer_copy(env_, bytes.size(), bytes.data(), nullptr, &arguments[1]);
    return true;
  }

  void Release(napi_ref* reference) {
    if (*reference != nullptr) napi_delete_reference(env_, *reference);
    *reference = nullptr;
  }

  void DeleteIfOver() {
    if (is_collected_ && is_closed_) delete this;
  }

  napi_env env_;
  std::unique_ptr<Edge> edge_;
  napi_ref resource_ = nullptr;
  napi_ref handler_ = nullptr;
  napi_ref replies_ = nullptr;
  napi_ref elsewhere_ = nullptr;
  std::array<napi_ref, kHandlerNames.size()> functions_ = {};
  napi_async_context async_ = nullptr;
  napi_handle_scope scope_ = nullptr;
  napi_callback_scope callback_scope_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool is_open_ = false;
  bool is_closed_ = false;
  bool is_collected_ = false;
};

// The arguments of a call and the edge it is made on; null after close.
template <size_t kCount>
struct Call {
  Call(napi_env env, napi_callback_info info) : env(env) {
    size_t count = kCount;
    napi_value self = nullptr;
    napi_get_cb_info(env, info, &count, values.data(), &self, nullptr);
    void* data = nullptr;
    if (napi_unwrap(env, self, &data) == napi_ok) wrapped = static_cast<Wrapped*>(data);
    edge = wrapped == nullptr ? nullptr : wrapped->edge();
  }

  uint32_t Uint(size_t i) const {
    uint32_t value = 0;
    napi_get_value_uint32(env, values[i], &value);
    return value;
  }

  int64_t Long(size_t i) const {
    int64_t value = 0;
    napi_get_value_int64(env, values[i], &value);
    return value;
  }

  bool Bool(size_t i) const {
    bool value = false;
    napi_get_value_bool(env, values[i], &value);
    return value;
  }

  std::string_view Bytes(size_t i) const {
    void* data = nullptr;
    size_t size = 0;
    if (napi_get_buffer_info(env, values[i], &data, &size) != napi_ok) return {};
    return {static_cast<const char*>(data), size};
  }

  // An address: longer text is none, and what is cut off of it is none either.
  void Text(size_t i, char (&text)[64]) const {
    text[0] = '\0';
    napi_get_value_string_latin1(env, values[i], text, sizeof(text), nullptr);
  }

  napi_env env;
  std::array<napi_value, kCount> values = {};
  Wrapped* wrapped = nullptr;
  Edge* edge = nullptr;
};

napi_value Undefined(napi_env env) {
  napi_value result = nullptr;
  napi_get_undefined(env, &result);
  return result;
}

napi_value Boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

// listen(ip, port): [id, port], or a negative errno
napi_value Listen(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  char ip[64];
  call.Text(0, ip);
  uint16_t port = static_cast<uint16_t>(call.Uint(1));
  const int id = call.edge == nullptr ? -EBADF : call.edge->Listen(ip, &port);
  if (id < 0) return Integer(env, id);
  return Pair(env, id, port);
}

// listenAt(descriptor): [id, port], or a negative errno
napi_value ListenAt(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  uint16_t port = 0;
  const int id = call.edge == nullptr ? -EBADF : call.edge->ListenAt(static_cast<int>(call.Uint(0)), &port);
  return id < 0 ? Integer(env, id) : Pair(env, id, port);
}

// connect(ip, port, localAddress): id
napi_value Connect(napi_env env, napi_callback_info info) {
  const Call<3> call(env, info);
  char ip[64];
  char local_ip[64];
  call.Text(0, ip);
  call.Text(2, local_ip);
  if (call.edge == nullptr) return Integer(env, 0);
  return Integer(env, static_cast<int32_t>(call.edge->Connect(ip, static_cast<uint16_t>(call.Uint(1)), local_ip)));
}

// ask(origin, bytes)
napi_value Ask(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const std::string_view bytes = call.Bytes(1);
  if (call.edge != nullptr) call.edge->Ask(call.Uint(0), bytes.data(), bytes.size());
  return Undefined(env);
}

// putBack(origin, bytes)
napi_value PutBack(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const std::string_view bytes = call.Bytes(1);
  if (call.edge != nullptr) call.edge->PutBack(call.Uint(0), bytes.data(), bytes.size());
  return Undefined(env);
}

// splice(client, origin, idleMs, lifeMs): whether both were there
napi_value Splice(napi_env env, napi_callback_info info) {
  const Call<4> call(env, info);
  const int64_t idle_ms = call.Long(2);
  const int64_t life_ms = call.Long(3) > 0 ? call.Long(3) : 0;
  return Boolean(env, call.edge != nullptr && idle_ms > 0 &&
                          call.edge->Splice(call.Uint(0), call.Uint(1), static_cast<uint64_t>(idle_ms),
                                            static_cast<uint64_t>(life_ms)));
}

// close(id, reset)
napi_value CloseSocket(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  if (call.edge != nullptr) call.edge->CloseSocket(call.Uint(0), call.Bool(1));
  return Undefined(env);
}

// detach(client): descriptor, or -1
napi_value Detach(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  return Integer(env, call.edge == nullptr ? -1 : call.edge->Detach(call.Uint(0), nullptr));
}

// takeOver(client): [descriptor, bytes], or null
napi_value TakeOver(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  std::vector<char> bytes;
  const int fd = call.edge == nullptr ? -1 : call.edge->Detach(call.Uint(0), &bytes);
  napi_value result;
  if (fd == -1) {
    napi_get_null(env, &result);
    return result;
  }
  napi_value buffer;
  napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &buffer);
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, Integer(env, fd));
  napi_set_element(env, result, 1, buffer);
  return result;
}

// localAddress(id): text, empty where there is none
napi_value LocalAddress(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  const Socket* socket = call.edge == nullptr ? nullptr : call.edge->Find(call.Uint(0));
  sockaddr_in6 address = {};
  socklen_t size = sizeof(address);
  if (socket == nullptr || getsockname(socket->fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Latin1(env, "", 0);
  }
  const std::string text = AddressText(address);
  return Latin1(env, text.data(), text.size());
}

// sweep()
napi_value Sweep(napi_env env, napi_callback_info info) {
  const Call<0> call(env, info);
  if (call.edge != nullptr) call.edge->Sweep();
  return Undefined(env);
}

// setHeadLimit(octets)
napi_value SetHeadLimit(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  if (call.edge != nullptr) call.edge->set_head_limit(call.Uint(0));
  return Undefined(env);
}

// setDescriptorCeilings(forClients, forPipes)
napi_value SetDescriptorCeilings(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const auto number = [&call](size_t i) { return static_cast<int>(std::min(call.Uint(i), uint32_t{INT_MAX})); };
  if (call.edge != nullptr) call.edge->set_descriptor_ceilings(number(0), number(1));
  return Undefined(env);
}

// descriptors(): how many are open
napi_value Descriptors(napi_env env, napi_callback_info info) {
  const Call<0> call(env, info);
  return Integer(env, call.edge == nullptr ? 0 : static_cast<int32_t>(call.edge->descriptors()));
}

// takeTraffic(into): what has moved since the last time, into an array of four: from clients, to clients, waits, pauses of accepting
napi_value TakeTraffic(napi_env env, napi_callback_info info) {
  const Call<1> call(env, info);
  const Traffic traffic = call.edge == nullptr ? Traffic{} : call.edge->TakeTraffic();
  napi_set_element(env, call.values[0], 0, Number(env, static_cast<double>(traffic.from_client)));
  napi_set_element(env, call.values[0], 1, Number(env, static_cast<double>(traffic.to_client)));
  napi_set_element(env, call.values[0], 2, Number(env, static_cast<double>(traffic.waits)));
  napi_set_element(env, call.values[0], 3, Number(env, static_cast<double>(traffic.accept_pauses)));
  return Undefined(env);
}

// destroy()
napi_value Destroy(napi_env env, napi_callback_info info) {
  const Call<0> call(env, info);
  if (call.wrapped != nullptr) call.wrapped->Close();
  return Undefined(env);
}

// new Edge(established, replies, elsewhere, handler)
napi_value Construct(napi_env env, napi_callback_info info) {
  std::array<napi_value, 4> values;
  size_t count = values.size();
  napi_value self;
  bool is_buffer = false;
  napi_typedarray_type type = napi_uint8_array;
  size_t length = 0;
  void* elsewhere = nullptr;
  void* text = nullptr;
  size_t size = 0;
  uv_loop_t* loop = nullptr;
  napi_get_cb_info(env, info, &count, values.data(), &self, nullptr);
  if (count < values.size() || napi_get_buffer_info(env, values[0], &text, &size) != napi_ok ||
      napi_is_buffer(env, values[1], &is_buffer) != napi_ok || !is_buffer ||
      napi_get_typedarray_info(env, values[2], &type, &length, &elsewhere, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array || length != 1 ||
      napi_get_uv_event_loop(env, &loop) != napi_ok) {
    napi_throw_type_error(env, nullptr, "new Edge(established: Buffer, replies: Buffer, elsewhere: Int32Array, handler)");
    return nullptr;
  }
  Wrapped* wrapped = new Wrapped(env, loop, std::string(static_cast<char*>(text), size), static_cast<int32_t*>(elsewhere));
  if (!wrapped->Start(values[1], values[2], values[3])) {
    wrapped->ReleaseReferences();
    delete wrapped;
    napi_throw_error(env, nullptr, "the edge cannot be opened");
    return nullptr;
  }
  const auto on_collected = [](napi_env, void* data, void*) { static_cast<Wrapped*>(data)->OnCollected(); };
  napi_wrap(env, self, wrapped, on_collected, nullptr, nullptr);
  return self;
}

// openShared(ip, port, isFirst): [descriptor, port], or a negative errno
napi_value OpenShared(napi_env env, napi_callback_info info) {
  const Call<3> call(env, info);
  char ip[64];
  call.Text(0, ip);
  uint16_t port = static_cast<uint16_t>(call.Uint(1));
  const int fd = OpenListeningSocket(ip, &port, call.Bool(2) ? Sharing::kFirst : Sharing::kJoin);
  return fd < 0 ? Integer(env, fd) : Pair(env, fd, port);
}

// steerClients(descriptor, index): 0 or a negative errno
napi_value SteerAll(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  return Integer(env, SteerClients(static_cast<int>(call.Uint(0)), call.Uint(1)));
}

// mapFile(descriptor, size): ArrayBuffer that must not be written to, or a negative errno
napi_value MapFile(napi_env env, napi_callback_info info) {
  const Call<2> call(env, info);
  const int64_t size = call.Long(1);
  void* data = nullptr;
  const int fault = MapReadOnly(static_cast<int>(call.Uint(0)), size, &data);
  if (fault != 0) return Integer(env, -fault);
  const auto on_collected = [](napi_env, void* mapped, void* mapped_size) {
    Unmap(mapped, reinterpret_cast<intptr_t>(mapped_size));
  };
  napi_value buffer = nullptr;
  void* const hint = reinterpret_cast<void*>(static_cast<intptr_t>(size));
  const napi_status status =
      napi_create_external_arraybuffer(env, data, static_cast<size_t>(size), on_collected, hint, &buffer);
  if (status == napi_ok) return buffer;
  // runtimes that keep all memory of JavaScript in one cage do not take any from outside
  Unmap(data, size);
  return Integer(env, -ENOTSUP);
}

napi_property_descriptor Method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace
}  // namespace veilgate

NAPI_MODULE_INIT() {
  using veilgate::Method;
  const std::array<napi_property_descriptor, 16> methods = {
      Method("listen", veilgate::Listen),
      Method("listenAt", veilgate::ListenAt),
      Method("connect", veilgate::Connect),
      Method("ask", veilgate::Ask),
      Method("putBack", veilgate::PutBack),
      Method("splice", veilgate::Splice),
      Method("close", veilgate::CloseSocket),
      Method("detach", veilgate::Detach),
      Method("takeOver", veilgate::TakeOver),
      Method("localAddress", veilgate::LocalAddress),
      Method("sweep", veilgate::Sweep),
      Method("setHeadLimit", veilgate::SetHeadLimit),
      Method("setDescriptorCeilings", veilgate::SetDescriptorCeilings),
      Method("descriptors", veilgate::Descriptors),
      Method("takeTraffic", veilgate::TakeTraffic),
      Method("destroy", veilgate::Destroy),
  };
  napi_value edge;
  napi_define_class(env, "Edge", NAPI_AUTO_LENGTH, veilgate::Construct, nullptr, methods.size(), methods.data(), &edge);
  napi_set_named_property(env, exports, "Edge", edge);
  const std::array<napi_property_descriptor, 3> functions = {
      Method("openShared", veilgate::OpenShared),
      Method("steerClients", veilgate::SteerAll),
      Method("mapFile", veilgate::MapFile),
  };
  napi_define_properties(env, exports, functions.size(), functions.data());
  return exports;
}
