#include "backends.hpp"

#include <stdexcept>

namespace tellina::testing {
namespace fs = std::filesystem;
namespace {

std::string run_folder() { return engine().folder() + "/run"; }

std::string quote(const std::string& text) { return boost::json::serialize(boost::json::string(text)); }

/// The container whose sandbox has this id.
std::string container_of(const std::string& sandbox) {
  for (const auto& entry : fs::recursive_directory_iterator(run_folder())) {
    const std::string name = entry.path().filename();
    if (name.ends_with("." + sandbox)) return "tellina-" + name.substr(0, name.find('.'));
  }
  throw std::runtime_error("no container belongs to the sandbox \"" + sandbox + "\"");
}

}  // namespace

test::DockerEngine& engine() {
  static test::DockerEngine engine;
  return engine;
}

Backends::Backends(const Combination& combination, const fs::path& folder) {
  m_members = "\"channel_layer\": {\"plugin\": " + quote(combination.layer);
  if (combination.layer == "redis") m_members += ", \"url\": " + quote(m_redis.emplace().url());
  if (combination.layer == "ipc") m_members += ", \"directory\": " + quote((folder / "meet").string());
  m_members += "}, \"ordering\": {\"plugin\": " + quote(combination.ordering) +
               "}, \"sandbox\": {\"plugin\": " + quote(combination.sandbox) + ", \"pool\": 0";
  if (combination.sandbox == "docker") {
    m_members += ", \"socket\": " + quote(engine().socket()) + ", \"run_folder\": " + quote(run_folder());
  }
  m_members += "}, ";
}

pid_t owner_of(const StudyDatabase& database, const std::string& access_code) {
  const std::string process = database.value(
      "SELECT w.process_id FROM leases l JOIN workers w ON w.id = l.worker_id "
      "JOIN participants p ON p.id = l.participant_id WHERE p.access_code = ?1",
      {access_code});
  return process.empty() ? -1 : std::stoi(process);
}

std::string read_in_container(const StudyDatabase& database, const std::string& access_code, const std::string& file) {
  const std::string sandbox = database.value(
      "SELECT s.sandbox FROM task_sessions s JOIN participants p ON p.id = s.participant_id "
      "WHERE p.access_code = ?1 AND s.state = 'running'",
      {access_code});
  std::string init = engine().run("inspect --format '{{.State.Pid}}' " + container_of(sandbox));
  init.erase(init.find_last_not_of(" \n") + 1);
  return read_text("/proc/" + init + "/root/home/me/" + file);
}

}  // namespace tellina::testing
