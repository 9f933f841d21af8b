#include "redis_fixture.hpp"

#include <algorithm>
#include <set>

namespace tellina::testing {

Section& Section::text(const std::string& key, const std::string& value) {
  Config::Node node;
  node.kind = Config::Kind::string;
  node.text = value;
  node.path = key;
  m_node.members.emplace_back(key, Config(std::make_shared<Config::Node>(std::move(node))));
  return *this;
}

Section& Section::number(const std::string& key, std::int64_t value) {
  Config::Node node;
  node.kind = Config::Kind::integer;
  node.integer = value;
  node.path = key;
  m_node.members.emplace_back(key, Config(std::make_shared<Config::Node>(std::move(node))));
  return *this;
}

Section& Section::flag(const std::string& key, bool value) {
  Config::Node node;
  node.kind = Config::Kind::boolean;
  node.boolean = value;
  node.path = key;
  m_node.members.emplace_back(key, Config(std::make_shared<Config::Node>(std::move(node))));
  return *this;
}

Config Section::config() const {
  auto node = std::make_shared<Config::Node>(m_node);
  node->kind = Config::Kind::object;
  return Config(std::move(node));
}

bool eventually(std::chrono::milliseconds limit, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

void Receipts::note(Message message) {
  std::lock_guard lock(m_mutex);
  m_messages.push_back(std::move(message));
  m_changed.notify_all();
}

std::vector<Message> Receipts::messages() const {
  std::lock_guard lock(m_mutex);
  return m_messages;
}

std::vector<Sequence> Receipts::numbers() const {
  std::vector<Sequence> numbers;
  for (const Message& message : messages()) numbers.push_back(message.sequence);
  return numbers;
}

std::size_t Receipts::count() const {
  std::lock_guard lock(m_mutex);
  return m_messages.size();
}

bool Receipts::wait_for(std::size_t count, std::chrono::milliseconds limit) const {
  std::unique_lock lock(m_mutex);
  return m_changed.wait_for(lock, limit, [&] { return m_messages.size() >= count; });
}

std::size_t Receipts::disorders() const {
  std::lock_guard lock(m_mutex);
  std::map<std::string, Sequence> next;
  std::size_t disorders = 0;
  for (const Message& message : m_messages) {
    Sequence& lowest = next[message.connection];
    if (message.sequence < lowest) ++disorders;
    lowest = std::max(lowest, message.sequence + 1);
  }
  return disorders;
}

std::size_t Receipts::doubles() const {
  std::lock_guard lock(m_mutex);
  std::set<std::pair<std::string, Sequence>> seen;
  for (const Message& message : m_messages) seen.emplace(message.connection, message.sequence);
  return m_messages.size() - seen.size();
}

std::unique_ptr<ChannelLayer> RedisLayerTest::make(Section section) {
  if (!section.config().find("url")) section.text("url", server().url());
  return make_from(section.config());
}

std::unique_ptr<ChannelLayer> RedisLayerTest::make_from(const Config& config) {
  const PluginContext context(config, m_log, m_clock, m_random);
  return m_registry.make_channel_layer("redis", context);
}

std::string RedisLayerTest::refusal_of(const Section& section) {
  try {
    make_from(section.config());
    return "made";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

RedisServer& RedisLayerTest::server() {
  if (!m_server) m_server = std::make_unique<RedisServer>();
  return *m_server;
}

bool RedisLayerTest::send_surely(ChannelLayer& layer, const ChannelName& channel, const Message& message,
                                 std::chrono::milliseconds limit) {
  return eventually(limit, [&] { return layer.send(channel, message) == SendResult::accepted; });
}

std::string RedisLayerTest::key_of(const ChannelName& channel) {
  const std::string info = server().command({"INFO", "server"});
  const std::string mark = "\nrun_id:";
  return "tellina:" + info.substr(info.find(mark) + mark.size(), 12) + ":channel:" + channel.text();
}

bool RedisLayerTest::has_logged(const std::string& part) const { return whole_log().find(part) != std::string::npos; }

std::string RedisLayerTest::whole_log() const {
  std::string text;
  for (const std::string& line : m_log.lines()) text += line + "\n";
  return text;
}

}  // namespace tellina::testing
