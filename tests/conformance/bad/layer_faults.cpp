// Layers with one fault each, over `memory` or, if there is a "url", over `redis`. The setting "fault" names it, and
// "none" is a good layer.
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "borrowed.hpp"
#include "tellina/channel_layer.hpp"
#include "tellina/descriptor.hpp"

using namespace tellina;

namespace {

constexpr char schema[] = R"({"type": "object", "properties": {"fault": {"type": "string"},
  "capacity": {"type": "integer", "minimum": 1}, "url": {"type": "string"}}, "additionalProperties": false})";

using Time = std::chrono::steady_clock::time_point;

/// Subscriptions that end in threads of their own. The destructor waits for them, so that no thread is left.
class Endings {
 public:
  void add(std::unique_ptr<Subscription> subscription) {
    const std::lock_guard lock(m_mutex);
    m_threads.emplace_back([kept = std::move(subscription)]() mutable { kept.reset(); });
  }

 private:
  std::mutex m_mutex;
  std::vector<std::jthread> m_threads;
};

/// Ends its receiver's calls, without waiting for the one that runs.
class HastySubscription final : public Subscription {
 public:
  HastySubscription(Endings& endings, std::shared_ptr<std::atomic<bool>> ended,
                    std::unique_ptr<Subscription> subscription)
      : m_endings(endings), m_ended(std::move(ended)), m_subscription(std::move(subscription)) {}
  ~HastySubscription() override {
    *m_ended = true;
    m_endings.add(std::move(m_subscription));
  }

 private:
  Endings& m_endings;
  std::shared_ptr<std::atomic<bool>> m_ended;
  std::unique_ptr<Subscription> m_subscription;
};

/// Drops what waits in the channel when it ends.
class DroppingSubscription final : public Subscription {
 public:
  DroppingSubscription(ChannelLayer& layer, ChannelName channel, std::unique_ptr<Subscription> subscription)
      : m_layer(layer), m_channel(std::move(channel)), m_subscription(std::move(subscription)) {}
  ~DroppingSubscription() override {
    m_subscription.reset();
    const auto drain = m_layer.receive(m_channel, [](const Message&) {});
  }

 private:
  ChannelLayer& m_layer;
  const ChannelName m_channel;
  std::unique_ptr<Subscription> m_subscription;
};

class Layer final : public ChannelLayer {
 public:
  explicit Layer(const PluginContext& context)
      : m_fault(context.config.string_or("fault", "")),
        m_log(context.log),
        m_layer(borrow(context)),
        m_capacity(static_cast<std::size_t>(context.config.integer_or("capacity", 0))) {
    if (has("opens_a_socket")) m_socket = Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  ~Layer() override {
    m_ends = true;
    if (m_spinner.joinable()) m_spinner.join();
    if (has("ends_slowly")) std::this_thread::sleep_for(std::chrono::seconds(7));
    m_kept.clear();
  }

  SendResult send(const ChannelName& channel, Message message) override {
    const std::uint64_t number = ++m_sent;
    if (has("warns") && number == 1) m_log.warning("something is wrong");
    if (has("stalls_after_100000") && number > 100'000) return SendResult::accepted;
    if (has("drops_one_of_50000") && number % 50'000 == 0) return SendResult::accepted;
    if (has("has_one_capacity") && m_waiting >= m_capacity) return SendResult::full;
    if (has("has_32_bits")) message.sequence &= 0xffffffff;
    if (has("has_53_bits")) message.sequence = static_cast<Sequence>(static_cast<double>(message.sequence));
    if (has("wraps_at_2_16")) message.sequence &= 0xffff;
    if (has("loses_reply_channel")) message.reply_channel.clear();
    if (has("forgets_after_3_seconds")) {
      const std::lock_guard lock(m_mutex);
      m_times[{channel.text(), message.sequence}] = std::chrono::steady_clock::now();
    }
    if (has("sends_again") && m_was_away) {
      m_was_away = false;
      if (m_layer->send(channel, message) != SendResult::accepted) m_was_away = true;
    }
    Message copy = message;
    SendResult result = m_layer->send(changed(channel), std::move(message));
    if (result == SendResult::unavailable) {
      m_was_away = true;
      if (has("is_silent")) return SendResult::accepted;
      for (int i = 0; has("waits_for_the_server") && i < 300 && result == SendResult::unavailable; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        result = m_layer->send(changed(channel), copy);
      }
    }
    if (result == SendResult::accepted) ++m_waiting;
    return result;
  }

  std::unique_ptr<Subscription> receive(const ChannelName& channel, Receiver receiver) override {
    if (has("never_sleeps") && !m_spinner.joinable()) {
      m_spinner = std::thread([this] {
        while (!m_ends) {
        }
      });
    }
    if (has("keeps_receivers")) m_kept.push_back(receiver);
    if (has("gives_to_all")) {
      const std::lock_guard lock(m_mutex);
      m_all.push_back(receiver);
    }
    const auto ended = std::make_shared<std::atomic<bool>>(false);
    auto subscription = m_layer->receive(changed(channel), [this, channel, receiver, ended](Message message) {
      --m_waiting;
      if (*ended || (has("is_deaf") && m_was_away)) return;
      if (has("forgets_after_3_seconds") && is_old(channel, message.sequence)) return;
      if (has("gives_to_all")) {
        std::vector<Receiver> all;
        {
          const std::lock_guard lock(m_mutex);
          all = m_all;
        }
        for (const Receiver& one : all) one(message);
        return;
      }
      receiver(std::move(message));
    });
    if (has("ends_hastily")) return std::make_unique<HastySubscription>(m_endings, ended, std::move(subscription));
    if (has("drops_the_backlog"))
      return std::make_unique<DroppingSubscription>(*m_layer, channel, std::move(subscription));
    return subscription;
  }

  bool is_process_local() const override { return m_layer->is_process_local(); }

 private:
  static std::unique_ptr<ChannelLayer> borrow(const PluginContext& context) {
    const bool never_full = context.config.string_or("fault", "") == "is_never_full";
    const PluginContext other =
        never_full ? bad::with_section(context, bad::with_integer(context.config, "capacity", 1'000'000)) : context;
    return bad::borrow<ChannelLayer>(context.config.find("url") ? REDIS_PLUGIN : MEMORY_PLUGIN, other);
  }

  bool has(const char* fault) const { return m_fault == fault; }

  ChannelName changed(const ChannelName& channel) const {
    std::string name = channel.text();
    if (has("loses_case")) {
      for (char& letter : name) letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    }
    if (has("cuts_names")) name.resize(std::min<std::size_t>(name.size(), 64));
    if (has("mixes_dots")) {
      for (char& letter : name) letter = letter == '_' ? '.' : letter;
    }
    return ChannelName(name);
  }

  bool is_old(const ChannelName& channel, Sequence sequence) {
    const std::lock_guard lock(m_mutex);
    return std::chrono::steady_clock::now() - m_times[{channel.text(), sequence}] > std::chrono::seconds(3);
  }

  const std::string m_fault;
  Log& m_log;
  std::unique_ptr<ChannelLayer> m_layer;
  const std::size_t m_capacity;
  std::atomic<std::uint64_t> m_sent = 0;
  std::atomic<std::size_t> m_waiting = 0;
  std::atomic<bool> m_was_away = false;
  std::atomic<bool> m_ends = false;
  std::thread m_spinner;
  Descriptor m_socket;
  std::mutex m_mutex;
  std::map<std::pair<std::string, Sequence>, Time> m_times;
  std::vector<Receiver> m_kept;
  std::vector<Receiver> m_all;
  Endings m_endings;  // first to be destroyed: its threads use the others
};

}  // namespace

TELLINA_PLUGIN(channel_layer, Layer, "bad", "1.0.0", schema);
