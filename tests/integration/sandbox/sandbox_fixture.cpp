#include "sandbox_fixture.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "variant.hpp"

namespace tellina::test {
namespace fs = std::filesystem;

Config make_settings(const std::map<std::string, Setting>& settings) {
  auto object = std::make_shared<Config::Node>();
  object->kind = Config::Kind::object;
  object->path = "sandbox";
  for (const auto& [name, value] : settings) {
    auto node = std::make_shared<Config::Node>();
    node->path = "sandbox." + name;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      node->kind = Config::Kind::integer;
      node->integer = *integer;
    } else if (const auto* number = std::get_if<double>(&value)) {
      node->kind = Config::Kind::number;
      node->number = *number;
    } else if (const auto* boolean = std::get_if<bool>(&value)) {
      node->kind = Config::Kind::boolean;
      node->boolean = *boolean;
    } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
      node->kind = Config::Kind::array;
      for (const std::string& text : *texts) {
        auto item = std::make_shared<Config::Node>();
        item->kind = Config::Kind::string;
        item->text = text;
        node->items.emplace_back(std::move(item));
      }
    } else {
      node->kind = Config::Kind::string;
      node->text = std::get<std::string>(value);
    }
    object->members.emplace_back(name, Config(node));
  }
  return Config(object);
}

Backend::Backend(std::map<std::string, Setting> settings) {
  void* const file = dlopen(variant::plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (file == nullptr) throw std::runtime_error(dlerror());
  const auto* descriptor = static_cast<const PluginDescriptor*>(dlsym(file, "tellina_plugin"));
  if (descriptor == nullptr || std::string(descriptor->abi_tag) != abi_tag<PluginKind::sandbox>.data()) {
    throw std::runtime_error("the plugin does not have this build's tag and kind");
  }
  settings.try_emplace("pool", std::int64_t{0});
  for (const auto& [name, value] : variant::settings()) settings.try_emplace(name, value);
  const PluginContext context(make_settings(settings), m_log, m_clock, m_random);
  std::unique_ptr<Plugin> plugin = descriptor->create(context);
  m_plugin.reset(dynamic_cast<SandboxBackend*>(plugin.release()));
}

SandboxSpec make_spec() {
  SystemRandom random;
  SandboxSpec spec;
  spec.id = random_token(random, 8);
  spec.owner = "test-" + random_token(random, 8);
  spec.initial.root = FileNode::directory();
  spec.environment["TELLINA_NONCE"] = Shell::nonce;
  return spec;
}

std::string Shell::mark(const std::string& kind, const std::string& before_nonce) {
  return "\x1b]133;" + kind + ";" + before_nonce + "nonce=" + nonce;
}

void Shell::type(const std::string& bytes) {
  std::size_t written = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (written < bytes.size() && std::chrono::steady_clock::now() < end) {
    const ssize_t count = ::write(m_sandbox.terminal(), bytes.data() + written, bytes.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
      continue;
    }
    ASSERT_EQ(errno, EAGAIN);
    pollfd watched{m_sandbox.terminal(), POLLOUT, 0};
    poll(&watched, 1, 1000);
  }
  ASSERT_EQ(written, bytes.size());
}

bool Shell::read_until(const std::function<bool(const std::string&)>& found, std::chrono::seconds deadline,
                       const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  char buffer[65536];
  while (!found(m_screen)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd watched{m_sandbox.terminal(), POLLIN, 0};
    const ssize_t count = left > 0 && poll(&watched, 1, static_cast<int>(left)) == 1
                              ? ::read(m_sandbox.terminal(), buffer, sizeof buffer)
                              : 0;
    if (count > 0) {
      m_screen.append(buffer, static_cast<std::size_t>(count));
      continue;
    }
    ADD_FAILURE() << what << ": it did not arrive; the end of the output:\n"
                  << m_screen.substr(m_screen.size() > 3000 ? m_screen.size() - 3000 : 0);
    return false;
  }
  return true;
}

bool Shell::read_until(const std::string& text, std::chrono::seconds deadline) {
  std::size_t place = std::string::npos;
  const bool came =
      read_until([&](const std::string& screen) { return (place = screen.find(text, m_seen)) != std::string::npos; },
                 deadline, "waited for \"" + text + "\"");
  if (came) m_seen = place + text.size();
  return came;
}

CommandResult Shell::run(const std::string& command, std::chrono::seconds deadline) {
  CommandResult result;
  type(command + "\n");
  if (!read_until(mark("C", ""), deadline) || !read_until("\a", deadline)) return result;
  const std::size_t from = m_seen;
  if (!read_until("\x1b]133;D;", deadline)) return result;
  result.output = m_screen.substr(from, m_seen - 8 - 1 - from + 1);
  result.status = std::atoi(m_screen.c_str() + m_seen);
  prompt();
  std::erase(result.output, '\r');
  return result;
}

bool eventually(const std::function<bool()>& is_so, const std::string& what, std::chrono::seconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << what << ": it did not happen in time";
      return false;
    }
    poll(nullptr, 0, 2);
  }
  return true;
}

bool becomes_readable(int descriptor, std::chrono::seconds deadline) {
  pollfd watched{descriptor, POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(std::chrono::milliseconds(deadline).count())) == 1;
}

namespace {

/// (parent, start time), or an empty time if the process does not exist.
std::pair<int, std::string> read_status(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return {0, ""};
  std::istringstream fields(line.substr(end_of_name + 2));
  std::string state, start;
  int parent = 0;
  fields >> state >> parent;
  for (int field = 5; field <= 22; ++field) fields >> start;  // proc(5): field 22
  return {parent, start};
}

}  // namespace

Processes descendants(int process) {
  std::multimap<int, std::pair<int, std::string>> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const int number = std::stoi(name);
    const auto [parent, start] = read_status(number);
    if (!start.empty()) children.emplace(parent, std::pair(number, start));
  }
  Processes found;
  std::vector<int> todo = {process};
  while (!todo.empty()) {
    const auto [from, to] = children.equal_range(todo.back());
    todo.pop_back();
    for (auto child = from; child != to; ++child) {
      found.insert(child->second);
      todo.push_back(child->second.first);
    }
  }
  return found;
}

Processes still_there(const Processes& processes) {
  Processes left;
  for (const auto& process : processes) {
    if (read_status(process.first).second == process.second) left.insert(process);
  }
  return left;
}

std::size_t count_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

void SandboxTest::SetUp() {
  m_leftovers = variant::leftovers();
  m_descriptors = count_descriptors();
  start();
}

void SandboxTest::start(SandboxSpec spec, std::map<std::string, Setting> settings) {
  start_unready(std::move(spec), std::move(settings));
  ASSERT_TRUE(m_shell && m_shell->prompt());
}

void SandboxTest::start_unready(SandboxSpec spec, std::map<std::string, Setting> settings) {
  end();
  m_spec = std::move(spec);
  m_backend = std::make_unique<Backend>(std::move(settings));
  try {
    m_sandbox = (*m_backend)->start(m_spec);
  } catch (const Error& error) {
    FAIL() << error.what() << "\nhint: " << error.hint();
  }
  m_shell = std::make_unique<Shell>(*m_sandbox);
}

void SandboxTest::end() {
  if (m_sandbox) {
    const Processes processes = variant::sandbox_processes(getpid());
    m_sandbox->destroy();
    EXPECT_EQ(still_there(processes), Processes()) << "processes are left of the sandbox";
    EXPECT_EQ(variant::leftovers_of(m_spec.owner), std::vector<std::string>());
  }
  m_shell.reset();
  m_sandbox.reset();
  if (m_backend) {
    EXPECT_EQ(m_backend->log().warnings(), std::vector<std::string>());
  }
  m_backend.reset();
}

void SandboxTest::TearDown() {
  end();
  EXPECT_EQ(variant::leftovers(), m_leftovers);
  EXPECT_EQ(count_descriptors(), m_descriptors);
}

}  // namespace tellina::test
