#pragma once

/// The other end of the channel layer, controlled by the test.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tellina/channel_layer.hpp"

namespace tellina::testing {

/// Forwards everything to another layer, except what a test tells it to refuse. Threads: any.
class FaultyLayer final : public ChannelLayer {
 public:
  explicit FaultyLayer(std::unique_ptr<ChannelLayer> layer) : m_layer(std::move(layer)) {}

  SendResult send(const ChannelName& channel, Message message) override;
  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override {
    return m_layer->receive(channel, std::move(receiver));
  }
  bool is_process_local() const override { return !is_remote; }

  /// The next `times` messages to the channel get this result.
  void refuse(const std::string& channel, SendResult result, int times);
  int refusals_left() const { return m_times; }
  std::atomic<bool> is_remote{false};  ///< it says that its messages leave the process

 private:
  const std::unique_ptr<ChannelLayer> m_layer;
  std::mutex m_mutex;
  std::string m_channel;
  SendResult m_result = SendResult::full;
  std::atomic<int> m_times{0};
};

/// Answers like a worker: knows the access code "bob" and the cookie "token-bob" of participant 7, accepts every
/// connection, and returns each frame with its credit. Its receivers run on the thread that sends. Threads: any. Set
/// the switches before the messages that they affect.
class FakeWorker {
 public:
  explicit FakeWorker(ChannelLayer& layer);
  ~FakeWorker();

  static constexpr const char* channel = "worker.fake";

  std::atomic<std::uint64_t> affinity{0};
  std::atomic<bool> answers{true};   ///< if false, requests get no reply
  std::atomic<bool> is_alive{true};  ///< if false, nothing answers whether it is alive
  std::atomic<bool> accepts{true};   ///< if false, connects get no accept
  std::atomic<bool> echoes{true};    ///< if false, frames are only recorded
  std::atomic<bool> gives_credit{true};
  std::atomic<bool> ready{true};
  std::atomic<bool> holds_logins{false};  ///< logins wait for release_logins()
  std::atomic<int> logins_tried{0};
  std::atomic<bool> on_other_thread{false};  ///< sends accepts and echoes from a separate thread

  /// The next message of this connection is lost.
  void lose(const std::string& connection) { renumber(connection, 1); }
  /// The next message has the number of the last one.
  void repeat(const std::string& connection) { renumber(connection, -1); }
  /// Sends to the lane of a connection. The gateway sees a gap if the layer does not take the message.
  void send(MessageKind kind, const std::string& connection, const Bytes& body);
  /// As send(), but waits up to 5 s while the lane is full. Not from a thread that the lane's receiver needs.
  void send_in_turn(MessageKind kind, const std::string& connection, const Bytes& body);
  void accept(const std::string& connection) { send(MessageKind::accept, connection, channel); }

  /// Answers the logins that wait, and each later one at once.
  void release_logins();

  /// Waits until the condition on the received messages holds; returns false after 5 s.
  bool wait_for(const std::function<bool(const std::vector<Message>&)>& condition);
  std::vector<Message> received();
  /// The connects, in order of arrival.
  std::vector<Message> connects();
  /// The id of the connection with this number, once it has arrived.
  std::string connection(std::size_t number = 0);
  std::size_t bytes_received();

 private:
  class SendingThread;

  void on_request(const Message& request);
  void on_connect(Message connect);
  void on_message(Message message);
  void record(std::vector<Message>& list, const Message& message);
  void renumber(const std::string& connection, int by);
  void deliver(const std::string& lane, Message message);
  std::pair<std::string, Message> next_message(MessageKind kind, const std::string& connection, const Bytes& body);

  ChannelLayer& m_layer;
  std::unique_ptr<SendingThread> m_sending_thread;
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::vector<Message> m_connects;
  std::vector<Message> m_received;
  std::vector<std::pair<std::string, Message>> m_held;  ///< lane and reply of each login that waits
  std::size_t m_bytes = 0;
  std::map<std::string, Sequence> m_sent;  ///< by connection: how many messages
  std::vector<std::unique_ptr<Subscription>> m_subscriptions;
};

}  // namespace tellina::testing
