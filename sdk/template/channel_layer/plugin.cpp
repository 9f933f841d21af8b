/// The channel layer "YOUR_NAME". In this form it carries messages within one process.

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tellina/channel_layer.hpp"

namespace channel_YOUR_NAME {

using namespace tellina;

/// The host checks the plugin's section of config.json against this schema before it creates the plugin.
constexpr char schema[] = R"json({
  "type": "object",
  "description": "Carries messages within one process",
  "properties": {
    "capacity": {"type": "integer", "minimum": 1, "maximum": 1000000, "default": 10000,
      "description": "Messages that may wait in each channel; one more is refused"}
  }
})json";

/// A receiver of a channel. Only the thread of Channels calls it.
class Seat {
 public:
  explicit Seat(Receiver receiver_) : receiver(std::move(receiver_)) {}
  Receiver receiver;
  bool is_running = false;
};

class Channel {
 public:
  std::deque<Message> waiting;
  std::vector<std::shared_ptr<Seat>> seats;
  std::size_t turn = 0;  ///< chooses the seat of the next message
  bool is_queued = false;
};

/// All channels, and the thread that calls the receivers. Threads: any. No lock is held during the call of a receiver,
/// because a receiver may send, subscribe, and end subscriptions.
class Channels {
 public:
  explicit Channels(std::size_t capacity) : m_capacity(capacity) {}
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;
  ~Channels() {
    {
      const std::lock_guard lock(m_mutex);
      m_is_ending = true;
    }
    m_work.notify_all();
    if (m_thread.joinable()) m_thread.join();
  }

  SendResult send(const std::string& name, Message message) {
    if (message.body.size() > max_body_size) return SendResult::too_large;
    const std::lock_guard lock(m_mutex);
    Channel& channel = m_channels[name];
    if (channel.waiting.size() >= m_capacity) return SendResult::full;
    channel.waiting.push_back(std::move(message));
    queue(name, channel);
    return SendResult::accepted;
  }

  /// Throws Error(unavailable) if the thread cannot be started.
  std::shared_ptr<Seat> add(const std::string& name, Receiver receiver) {
    auto seat = std::make_shared<Seat>(std::move(receiver));
    const std::lock_guard lock(m_mutex);
    try {
      if (!m_thread.joinable()) m_thread = std::thread([this] { deliver(); });
    } catch (const std::system_error& error) {
      throw Error(ErrorCode::unavailable, std::string("cannot start a thread: ") + error.what());
    }
    Channel& channel = m_channels[name];
    channel.seats.push_back(seat);
    queue(name, channel);
    return seat;
  }

  /// When it returns, no call of the receiver runs or will start. A receiver that ends its own subscription is in its
  /// last call.
  void remove(const std::string& name, const std::shared_ptr<Seat>& seat) {
    std::unique_lock lock(m_mutex);
    Channel& channel = m_channels[name];
    std::erase(channel.seats, seat);
    drop_if_unused(name);
    if (std::this_thread::get_id() == m_thread.get_id()) return;
    m_end_of_call.wait(lock, [&] { return !seat->is_running; });
  }

 private:
  /// Lets the thread look at a channel that has both a message and a receiver. The lock is held.
  void queue(const std::string& name, Channel& channel) {
    if (channel.is_queued || channel.waiting.empty() || channel.seats.empty()) return;
    channel.is_queued = true;
    m_queue.push_back(name);
    m_work.notify_one();
  }

  void drop_if_unused(const std::string& name) {
    const auto found = m_channels.find(name);
    if (found == m_channels.end()) return;
    const Channel& channel = found->second;
    if (channel.waiting.empty() && channel.seats.empty() && !channel.is_queued) m_channels.erase(found);
  }

  /// Gives one message of each queued channel in turn to one of the channel's receivers.
  void deliver() {
    std::unique_lock lock(m_mutex);
    for (;;) {
      m_work.wait(lock, [&] { return m_is_ending || !m_queue.empty(); });
      if (m_is_ending) return;
      const std::string name = std::move(m_queue.front());
      m_queue.pop_front();
      Channel& channel = m_channels.at(name);
      channel.is_queued = false;
      if (!channel.waiting.empty() && !channel.seats.empty()) call(lock, channel);
      const auto found = m_channels.find(name);  // the receiver may have removed it
      if (found != m_channels.end()) queue(name, found->second);
      drop_if_unused(name);
    }
  }

  /// The lock is released during the call.
  void call(std::unique_lock<std::mutex>& lock, Channel& channel) {
    std::shared_ptr<Seat> seat = channel.seats[channel.turn++ % channel.seats.size()];
    Message message = std::move(channel.waiting.front());
    channel.waiting.pop_front();
    seat->is_running = true;
    lock.unlock();
    seat->receiver(std::move(message));
    lock.lock();
    seat->is_running = false;
    m_end_of_call.notify_all();
    lock.unlock();
    seat.reset();  // may destroy what the receiver owns, which may use the layer
    lock.lock();
  }

  const std::size_t m_capacity;
  std::mutex m_mutex;
  std::condition_variable m_work;
  std::condition_variable m_end_of_call;
  std::map<std::string, Channel> m_channels;
  std::deque<std::string> m_queue;
  std::thread m_thread;  ///< starts with the first receiver
  bool m_is_ending = false;
};

class ChannelSubscription final : public Subscription {
 public:
  ChannelSubscription(Channels& channels, std::string name, std::shared_ptr<Seat> seat)
      : m_channels(channels), m_name(std::move(name)), m_seat(std::move(seat)) {}
  ~ChannelSubscription() override { m_channels.remove(m_name, m_seat); }

 private:
  Channels& m_channels;
  const std::string m_name;
  const std::shared_ptr<Seat> m_seat;
};

class Layer final : public ChannelLayer {
 public:
  explicit Layer(const PluginContext& context)
      : m_channels(static_cast<std::size_t>(context.config.integer_or("capacity", 10'000))) {}

  SendResult send(const ChannelName& channel, Message message) override {
    return m_channels.send(channel.text(), std::move(message));
  }

  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override {
    return std::make_unique<ChannelSubscription>(m_channels, channel.text(),
                                                 m_channels.add(channel.text(), std::move(receiver)));
  }

  bool is_process_local() const override { return true; }

 private:
  Channels m_channels;
};

}  // namespace channel_YOUR_NAME

TELLINA_PLUGIN(channel_layer, channel_YOUR_NAME::Layer, "YOUR_NAME", "0.1.0", channel_YOUR_NAME::schema);
