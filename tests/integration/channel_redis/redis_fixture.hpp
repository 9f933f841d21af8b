#pragma once

/// The plugin "redis", loaded as the program loads it, and a Redis server for the test.

#include <gmock/gmock.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "support/redis_server.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {

using namespace std::chrono_literals;

/// A section of config.json as a program builds it: the keys' paths are their names.
class Section {
 public:
  Section& text(const std::string& key, const std::string& value);
  Section& number(const std::string& key, std::int64_t value);
  Section& flag(const std::string& key, bool value);
  Config config() const;

 private:
  Config::Node m_node;
};

/// Whether a condition becomes true in time; checks it every millisecond.
bool eventually(std::chrono::milliseconds limit, const std::function<bool()>& condition);

/// Received messages. Threads: any.
class Receipts {
 public:
  Receiver receiver() {
    return [this](Message message) { note(std::move(message)); };
  }
  void note(Message message);
  std::vector<Message> messages() const;
  std::vector<Sequence> numbers() const;
  std::size_t count() const;
  bool wait_for(std::size_t count, std::chrono::milliseconds limit = 10s) const;
  /// How many messages arrived after one with a higher number of the same sender (`connection`).
  std::size_t disorders() const;
  /// How many pairs of sender and number arrived more than once.
  std::size_t doubles() const;

 private:
  mutable std::mutex m_mutex;
  mutable std::condition_variable m_changed;
  std::vector<Message> m_messages;
};

class RedisLayerTest : public ::testing::Test {
 protected:
  /// `section` gets the url of m_server if it has none.
  std::unique_ptr<ChannelLayer> make(Section section = Section());
  /// For any url, independent of m_server.
  std::unique_ptr<ChannelLayer> make_from(const Config& config);
  /// Returns the error for an invalid section.
  std::string refusal_of(const Section& section);
  RedisServer& server();
  /// Sends until the message is accepted; returns false after `limit`.
  static bool send_surely(ChannelLayer& layer, const ChannelName& channel, const Message& message,
                          std::chrono::milliseconds limit = 10s);
  static Message numbered(Sequence sequence, std::string connection = "c") {
    return Message(MessageKind::data, std::move(connection), sequence, "x");
  }
  /// The key of a channel, in this run of m_server.
  std::string key_of(const ChannelName& channel);
  std::string key() { return key_of(m_channel); }
  /// How many batches were appended, or tried to be.
  std::uint64_t appends() { return server().calls_of("evalsha") + server().calls_of("exec"); }
  bool has_logged(const std::string& part) const;
  std::string whole_log() const;

  std::unique_ptr<RedisServer> m_server;
  CollectingLog m_log;
  SystemClock m_clock;
  SystemRandom m_random;
  PluginRegistry m_registry{{plugin_folder()}};
  const ChannelName m_channel{"worker.ab12-0"};
};

}  // namespace tellina::testing
