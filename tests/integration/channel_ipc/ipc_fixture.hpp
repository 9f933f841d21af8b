#pragma once

#include <gmock/gmock.h>

#include <algorithm>

#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "integration/channel_ipc/numbered.hpp"
#include "integration/channel_ipc/peer.hpp"
#include "integration/channel_ipc/peer_process.hpp"
#include "support/server_process.hpp"

namespace tellina::testing {

inline constexpr std::chrono::seconds enough{20};

/// Everything that a receiver in this process got. Each sender's numbers must increase, without duplicates.
class ReceivedMessages {
 public:
  Receiver receiver() {
    return [this](const Message& message) { note(message); };
  }
  bool waits_for(std::size_t count, std::chrono::milliseconds limit = enough) {
    std::unique_lock lock(m_mutex);
    return m_noted.wait_for(lock, limit, [&] { return m_count >= count; });
  }
  std::size_t count() const { return std::lock_guard(m_mutex), m_count; }
  std::size_t faults() const { return std::lock_guard(m_mutex), m_faults; }
  std::vector<Sequence> of(const std::string& sender) const { return std::lock_guard(m_mutex), m_numbers.at(sender); }

 private:
  void note(const Message& message) {
    std::lock_guard lock(m_mutex);
    std::vector<Sequence>& numbers = m_numbers[message.connection];
    if (!is_as_sent(message) || (!numbers.empty() && message.sequence <= numbers.back())) ++m_faults;
    numbers.push_back(message.sequence);
    ++m_count;
    m_noted.notify_all();
  }

  mutable std::mutex m_mutex;
  std::condition_variable m_noted;
  std::map<std::string, std::vector<Sequence>> m_numbers;
  std::size_t m_count = 0;
  std::size_t m_faults = 0;
};

/// The processor time of all threads of this process.
inline double cpu_in_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

class IpcLayerTest : public ::testing::Test {
 protected:
  std::unique_ptr<ChannelLayer> make() { return m_plugin.make(directory()); }
  std::unique_ptr<ChannelLayer> make_with_capacity(std::int64_t capacity) {
    Config::Node object = *m_empty_object;
    object.members.emplace_back("directory", config_with_text("directory", directory()).at("directory"));
    object.members.emplace_back("capacity", config_with_number("capacity", capacity).at("capacity"));
    return m_plugin.make(Config(std::make_shared<Config::Node>(std::move(object))));
  }
  std::string directory() const { return m_folder.path() / "meet"; }
  std::set<std::string> files() const {
    std::set<std::string> names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(directory(), none)) {
      names.insert(entry.path().filename());
    }
    return names;
  }
  std::unique_ptr<PeerProcess> start(const std::string& mode, const std::string& channel,
                                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{mode, directory(), channel};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<PeerProcess>(arguments);
  }
  /// A peer that is ready to receive.
  std::unique_ptr<PeerProcess> start_ready(const std::string& mode, const std::string& channel) const {
    auto peer = start(mode, channel);
    EXPECT_TRUE(peer->waits_for("ready"));
    return peer;
  }
  /// Polls a condition that cannot be awaited; returns true once it holds.
  static bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = enough) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  const TemporaryFolder m_folder;
  IpcPlugin m_plugin;
  const ChannelName m_channel{"worker.1"};

 private:
  const std::shared_ptr<const Config::Node> m_empty_object = [] {
    auto node = std::make_shared<Config::Node>();
    node->kind = Config::Kind::object;
    return node;
  }();
};

/// The numbers of a sender's messages, as a receiving peer reports them; other lines go to `faults`.
inline std::vector<Sequence> numbers_of(const std::vector<std::string>& lines, const std::string& sender) {
  std::vector<Sequence> numbers;
  for (const std::string& line : lines) {
    if (line.starts_with(sender + " ")) numbers.push_back(std::stoull(line.substr(sender.size() + 1)));
  }
  return numbers;
}

inline bool is_damaged(const std::vector<std::string>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const std::string& line) { return line.ends_with("damaged"); });
}

/// `count` numbers: FIRST, FIRST + 1, ...
inline std::vector<Sequence> row(Sequence first, std::size_t count) {
  std::vector<Sequence> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(first + i);
  return numbers;
}

inline bool is_rising(const std::vector<Sequence>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) == numbers.end();
}

}  // namespace tellina::testing
