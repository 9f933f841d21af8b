#include "host/bench/target.hpp"

#include <filesystem>
#include <utility>

#include <boost/json.hpp>

#include "host/bench/failure.hpp"
#include "host/bench/process_use.hpp"
#include "host/bench/stop_signals.hpp"
#include "host/client/connection.hpp"
#include "host/runtime/usage_error.hpp"

namespace tellina::bench {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::chrono::seconds start_limit{60};
/// A participant uses one task for each start and for each flood.
constexpr std::size_t tasks = 2000;

json::object server_section(const BenchOptions& options) {
  json::object section{{"address", "127.0.0.1"}, {"port", 0}, {"connections_per_address", 1000000}};
  if (!options.certificate.empty()) {
    section["certificate"] = fs::absolute(options.certificate).string();
    section["key"] = fs::absolute(options.key).string();
  }
  return section;
}

json::object layer_section(const BenchOptions& options, const fs::path& folder) {
  json::object section{{"plugin", options.layer}};
  if (options.layer == "ipc") section["directory"] = (folder / "ipc").string();
  if (options.layer == "redis") section["url"] = "unix://" + (folder / "redis.socket").string();
  return section;
}

json::object sandbox_section(const BenchOptions& options) {
  json::object section{{"plugin", options.sandbox}, {"pool", options.pool}};
  if (options.sandbox == "process") section["i_know_this_is_not_isolated"] = true;
  // The limit should be the machine, not the participant's share of it.
  if (options.sandbox == "chroot" || options.sandbox == "docker") section["cpu"] = 64;
  return section;
}

std::string study(const BenchOptions& options, const std::vector<std::string>& access_codes, const fs::path& folder) {
  json::array all_tasks;
  for (std::size_t i = 0; i < tasks; ++i) {
    all_tasks.push_back(
        {{"type", "stdout"}, {"description", "be measured"}, {"answer", "what no program here will print"}});
  }
  json::object config{
      {"server", server_section(options)},
      {"database", "db.sqlite3"},
      {"workers", options.workers},
      {"channel_layer", layer_section(options, folder)},
      {"ordering", {{"plugin", options.policy}}},
      {"sandbox", sandbox_section(options)},
      {"access_codes", json::value_from(access_codes)},
      {"task_duration_in_seconds", 86400},
      {"tasks", std::move(all_tasks)},
  };
  // Written only if the option asks for it, because an older server does not know the key.
  if (options.recording == "off") config["recording"] = {{"bytes", false}};
  return json::serialize(config);
}

std::unique_ptr<client::ChildProcess> start_redis(const fs::path& folder) {
  auto redis = std::make_unique<client::ChildProcess>(
      "redis-server",
      std::vector<std::string>{"--port", "0", "--unixsocket", (folder / "redis.socket").string(), "--save", ""}, folder,
      "redis", system_clock());
  redis->first_line(start_limit, StopSignals::check);
  return redis;
}

}  // namespace

Target::Target(std::string name, Protocol protocol, client::Endpoint endpoint)
    : m_name(std::move(name)), m_protocol(protocol), m_endpoint(std::move(endpoint)) {}

Target Target::start_server(const std::string& name, const BenchOptions& options) {
  Target target(name, Protocol::tellina, client::Endpoint());
  target.m_folder = std::make_unique<TemporaryFolder>("bench");
  const fs::path& folder = target.m_folder->path();
  for (std::size_t i = 0; i < options.sessions; ++i) target.m_access_codes.push_back("p" + std::to_string(i));
  write_text(folder / "config.json", study(options, target.m_access_codes, folder));
  if (options.layer == "redis") target.m_helper = start_redis(folder);
  target.m_child = std::make_unique<client::ChildProcess>(
      options.server.empty() ? client::own_program() : fs::path(options.server),
      std::vector<std::string>{"run", "--config", "config.json"}, folder, "server", system_clock());
  target.m_endpoint = client::wait_for_endpoint(*target.m_child, start_limit, StopSignals::check);
  if (!options.certificate.empty()) target.m_endpoint.tls = client::trust_file(options.certificate);
  target.find_processes();
  return target;
}

Target Target::start_floor(const BenchOptions& options) {
  Target target("floor", Protocol::bare, client::Endpoint());
  target.m_folder = std::make_unique<TemporaryFolder>("bench");
  target.m_child = std::make_unique<client::ChildProcess>(
      fs::absolute(options.floor), std::vector<std::string>{"serve"}, target.m_folder->path(), "floor", system_clock());
  target.m_endpoint = client::wait_for_endpoint(*target.m_child, start_limit, StopSignals::check);
  target.find_processes();
  return target;
}

Target Target::running_server(const BenchOptions& options) {
  auto endpoint = client::parse_url(options.url);
  if (!endpoint) {
    throw UsageError("--url: expected http://HOST:PORT or https://HOST:PORT of a running server, got \"" + options.url +
                     "\"");
  }
  if (endpoint->tls && !options.certificate.empty()) endpoint->tls = client::trust_file(options.certificate);
  Target target("server", Protocol::tellina, *endpoint);
  target.m_access_codes = options.access_codes;
  return target;
}

void Target::find_processes() {
  if (m_child) m_processes = processes_of(m_child->process());
  if (m_helper) m_processes.push_back(m_helper->process());
}

std::optional<std::chrono::nanoseconds> Target::processor_time() const {
  if (m_processes.empty()) return std::nullopt;
  return bench::processor_time(m_processes);
}

std::optional<std::uint64_t> Target::resident_bytes() const {
  if (m_processes.empty()) return std::nullopt;
  return bench::resident_bytes(m_processes);
}

void Target::check_alive() {
  for (client::ChildProcess* child : {m_helper.get(), m_child.get()}) {
    if (!child) continue;
    if (const auto ended = child->end()) {
      throw BenchFailure("the " + m_name + " died during the measurement, with " + *ended + ":\n" +
                         child->last_errors());
    }
  }
}

}  // namespace tellina::bench
