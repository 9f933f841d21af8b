#include "gateway/fake_worker.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <deque>
#include <thread>
#include <utility>

#include "host/limits.hpp"
#include "host/wire/connection_messages.hpp"
#include "host/wire/frame_units.hpp"

namespace tellina::testing {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds deadline{5};

json::object error_body(const char* code) {
  const json::object error{{"code", code}, {"message", "the worker says no"}};
  return json::object{{"error", error}};
}

}  // namespace

SendResult FaultyLayer::send(const ChannelName& channel, Message message) {
  if (m_times > 0) {
    std::lock_guard lock(m_mutex);
    if (m_times > 0 && channel.text() == m_channel) {
      --m_times;
      return m_result;
    }
  }
  return m_layer->send(channel, std::move(message));
}

void FaultyLayer::refuse(const std::string& channel, SendResult result, int times) {
  std::lock_guard lock(m_mutex);
  m_channel = channel;
  m_result = result;
  m_times = times;
}

/// Sends in order, from a separate thread.
class FakeWorker::SendingThread {
 public:
  explicit SendingThread(ChannelLayer& layer) : m_layer(layer), m_thread([this] { run(); }) {}
  ~SendingThread() {
    {
      std::lock_guard lock(m_mutex);
      m_closing = true;
    }
    m_changed.notify_all();
    m_thread.join();
  }
  void send(const std::string& lane, Message message) {
    {
      std::lock_guard lock(m_mutex);
      m_messages.emplace_back(lane, std::move(message));
    }
    m_changed.notify_all();
  }

 private:
  void run() {
    std::unique_lock lock(m_mutex);
    for (;;) {
      m_changed.wait(lock, [this] { return m_closing || !m_messages.empty(); });
      if (m_messages.empty()) return;
      auto [lane, message] = std::move(m_messages.front());
      m_messages.pop_front();
      lock.unlock();
      m_layer.send(ChannelName(lane), std::move(message));
      lock.lock();
    }
  }

  ChannelLayer& m_layer;
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::deque<std::pair<std::string, Message>> m_messages;
  bool m_closing = false;
  std::thread m_thread;
};

FakeWorker::FakeWorker(ChannelLayer& layer) : m_layer(layer), m_sending_thread(std::make_unique<SendingThread>(layer)) {
  m_subscriptions.push_back(layer.receive(ChannelName("http.request"), [this](Message m) { on_request(m); }));
  m_subscriptions.push_back(
      layer.receive(ChannelName("websocket.connect"), [this](Message m) { on_connect(std::move(m)); }));
  m_subscriptions.push_back(layer.receive(ChannelName(channel), [this](Message m) { on_message(std::move(m)); }));
  m_subscriptions.push_back(layer.receive(alive_channel(ChannelName(channel)), [this](const Message& question) {
    if (is_alive) deliver(question.reply_channel, Message(MessageKind::reply, question.connection, 0, "{}"));
  }));
}

FakeWorker::~FakeWorker() { m_subscriptions.clear(); }

void FakeWorker::on_request(const Message& request) {
  if (!answers) return;
  const json::object question = json::parse(request.body).as_object();
  const auto is = [&](const char* key, const char* value) {
    const json::value* found = question.if_contains(key);
    return found && *found == value;
  };
  json::object reply{{"status", 401}, {"body", error_body("not_logged_in")}};
  if (is("method", "login") && !is("access_code", "bob")) {
    reply["body"] = error_body("unknown_access_code");
  } else if (is("method", "login")) {
    reply = {{"status", 200}, {"body", {{"participant", "7"}}}, {"cookie", "token-bob"}, {"participant", 7}};
  } else if (is("method", "about")) {
    const json::object about{{"title", "A study"}, {"contact", "a@example.org"}, {"records_bytes", true}};
    reply = {{"status", 200}, {"body", about}};
  } else if (is("method", "ready")) {
    reply = {{"status", ready ? 200 : 503}, {"body", json::object{}}};
  } else if (question.contains("participant") && !is("participant", "7")) {
    reply = {{"status", 403}, {"body", error_body("wrong_participant")}};
  } else if (is("cookie", "token-bob")) {
    const json::object state{{"state", "ready"}};
    reply = {{"status", 200}, {"body", state}, {"participant", 7}, {"affinity", affinity.load()}};
  }
  Message message(MessageKind::reply, request.connection, 0, json::serialize(reply));
  if (is("method", "login")) {
    ++logins_tried;
    std::lock_guard lock(m_mutex);
    if (holds_logins) {
      m_held.emplace_back(request.reply_channel, std::move(message));
      return;
    }
  }
  deliver(request.reply_channel, std::move(message));
}

void FakeWorker::release_logins() {
  std::vector<std::pair<std::string, Message>> held;
  {
    std::lock_guard lock(m_mutex);
    holds_logins = false;
    held.swap(m_held);
  }
  for (auto& [lane, message] : held) deliver(lane, std::move(message));
}

void FakeWorker::on_connect(Message connect) {
  record(m_connects, connect);
  if (accepts) send(MessageKind::accept, connect.connection, encode_accept(ChannelName(channel)));
}

void FakeWorker::on_message(Message message) {
  if (message.kind == MessageKind::request) return on_request(message);
  record(m_received, message);
  if (message.kind != MessageKind::data && message.kind != MessageKind::text) return;
  if (echoes) send(message.kind, message.connection, message.body);
  if (!gives_credit) return;
  const bool is_text = message.kind == MessageKind::text;
  send(MessageKind::credit, message.connection, encode_frame_credit(frame_units(is_text, message.body.size())));
  if (is_text) return;
  send(MessageKind::credit, message.connection, encode_credit(message.body.size() - limits::frame_header));
}

void FakeWorker::renumber(const std::string& connection, int by) {
  std::lock_guard lock(m_mutex);
  m_sent[connection] += static_cast<Sequence>(by);
}

void FakeWorker::record(std::vector<Message>& list, const Message& message) {
  {
    std::lock_guard lock(m_mutex);
    list.push_back(message);
    if (message.kind == MessageKind::data) m_bytes += message.body.size() - limits::frame_header;
  }
  m_changed.notify_all();
}

void FakeWorker::deliver(const std::string& lane, Message message) {
  if (on_other_thread) return m_sending_thread->send(lane, std::move(message));
  m_layer.send(ChannelName(lane), std::move(message));
}

void FakeWorker::send(MessageKind kind, const std::string& connection, const Bytes& body) {
  auto [lane, message] = next_message(kind, connection, body);
  deliver(lane, std::move(message));
}

void FakeWorker::send_in_turn(MessageKind kind, const std::string& connection, const Bytes& body) {
  const auto [lane, message] = next_message(kind, connection, body);
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (m_layer.send(ChannelName(lane), message) == SendResult::full && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
}

std::pair<std::string, Message> FakeWorker::next_message(MessageKind kind, const std::string& connection,
                                                         const Bytes& body) {
  std::lock_guard lock(m_mutex);
  std::string lane;
  for (const Message& connect : m_connects) {
    if (connect.connection == connection) lane = connect.reply_channel;
  }
  return {lane, Message(kind, connection, m_sent[connection]++, body)};
}

bool FakeWorker::wait_for(const std::function<bool(const std::vector<Message>&)>& condition) {
  std::unique_lock lock(m_mutex);
  return m_changed.wait_for(lock, deadline, [&] { return condition(m_received); });
}

std::vector<Message> FakeWorker::received() {
  std::lock_guard lock(m_mutex);
  return m_received;
}

std::vector<Message> FakeWorker::connects() {
  std::lock_guard lock(m_mutex);
  return m_connects;
}

std::string FakeWorker::connection(std::size_t number) {
  std::unique_lock lock(m_mutex);
  if (!m_changed.wait_for(lock, deadline, [&] { return m_connects.size() > number; })) return {};
  return m_connects[number].connection;
}

std::size_t FakeWorker::bytes_received() {
  std::lock_guard lock(m_mutex);
  return m_bytes;
}

}  // namespace tellina::testing
