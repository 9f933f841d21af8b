#include "hostile/set_up.hpp"

#include <cstddef>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/runtime/system.hpp"
#include "support/places.hpp"
#include "tellina/clock.hpp"

namespace tellina::hostile {
namespace {

namespace fs = std::filesystem;

/// A user number that no account of the machine has.
constexpr uid_t ordinary_user = 61234;

constexpr std::uint64_t machine_memory = std::uint64_t{1536} << 20;
constexpr int machine_processes = 600;
constexpr int newcomers = 400;
/// A process number follows.
const std::string machine_group = "tellina-machine-";

/// Nobody can guess the first answer; anyone can print the second one among other lines.
std::string tasks_with(const std::string& secret) {
  // Checks read files up to the size of the largest one in the answer.
  const std::string large(1024 * 1024, 'x');
  return R"([
    {
      "type": "filesystem",
      "description": "make a file named done",
      "initial_filesystem": {"notes.txt": "some text\n", "dir": {"file.txt": null}},
      "answer": {"notes.txt": "some text\n", "dir": {"file.txt": null}, "large": ")" +
         large + R"(", "done": ")" + secret + R"("}
    },
    {
      "type": "stdout",
      "description": "print the number",
      "initial_filesystem": {},
      "answer": "31337"
    }
  ])";
}

std::string make_secret() {
  SystemRandom random;
  return "s" + random_token(random, 8);
}

/// Writes a script that runs the server with a secret in its environment. The server ends in an orderly way when this
/// program ends: a change of the user would cancel the signal that ServerProcess has asked for.
fs::path write_wrapper(const fs::path& folder, const std::string& secret, bool as_user, const std::string& first) {
  const fs::path wrapper = folder / "tellina-wrapped";
  std::string text = "#!/bin/sh\n" + first + "export TELLINA_SECRET=" + secret + "\n";
  std::string become = "setpriv --pdeathsig INT ";
  if (as_user) {
    text += "export HOME=" + folder.string() + " XDG_RUNTIME_DIR= TMPDIR=" + folder.string() + "\n";
    const std::string user = std::to_string(ordinary_user);
    become += "--reuid " + user + " --regid " + user + " --clear-groups --inh-caps=-all ";
    if (::chown(folder.c_str(), ordinary_user, 0) != 0) throw std::runtime_error("run this as root");
    fs::permissions(folder, fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  }
  std::ofstream(wrapper) << text << "exec " << become << program_file() << " \"$@\"\n";
  fs::permissions(wrapper, fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read |
                               fs::perms::group_exec | fs::perms::others_exec);
  return wrapper;
}

/// The hierarchies of control groups (version 1), or the only one (version 2).
std::vector<fs::path> group_roots() {
  const fs::path root = "/sys/fs/cgroup";
  if (!fs::exists(root / "memory")) return {root};
  return {root / "memory", root / "pids"};
}

void write_line(const fs::path& file, const std::string& text) {
  std::ofstream stream(file);
  stream << text << std::endl;
  if (!stream) throw std::runtime_error(file.string() + ": cannot write: run this as root");
}

int accept_all(int listener) {
  int count = 0;
  for (;; ++count) {
    const Descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return count;
  }
}

}  // namespace

SmallMachine::SmallMachine() {
  const std::string name = machine_group + std::to_string(::getpid());
  const bool is_unified = !fs::exists("/sys/fs/cgroup/memory");
  for (const fs::path& root : group_roots()) m_folders.push_back(root / name);
  for (const fs::path& folder : m_folders) fs::create_directory(folder);
  write_line(m_folders.front() / (is_unified ? "memory.max" : "memory.limit_in_bytes"), std::to_string(machine_memory));
  write_line(m_folders.back() / "pids.max", std::to_string(machine_processes));
}

SmallMachine::~SmallMachine() {
  // The kernel removes a process from the group a moment after it has reported the end of the process.
  for (const fs::path& folder : m_folders) {
    for (int tries = 0; ::rmdir(folder.c_str()) != 0 && tries < 1000; ++tries) ::usleep(1000);
  }
}

void SmallMachine::remove_abandoned() {
  std::error_code none;
  for (const fs::path& root : group_roots()) {
    for (const auto& entry : fs::directory_iterator(root, none)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(machine_group)) continue;
      const pid_t owner = std::atoi(name.c_str() + machine_group.size());
      if (!fs::exists("/proc/" + std::to_string(owner))) ::rmdir(entry.path().c_str());
    }
  }
}

std::string SmallMachine::join() const {
  std::string script;
  for (const fs::path& folder : m_folders) script += "echo $$ >" + (folder / "cgroup.procs").string() + "\n";
  return script;
}

SetUp::SetUp(Place place, const std::string& layer)
    : m_place(place), m_layer(layer), m_secret(make_secret()), m_forbidden_name(make_secret()) {
  if (::geteuid() != 0) {
    throw std::runtime_error("only root can become other users and look into sandboxes: run this test as root");
  }
  const char* sandbox = place == Place::docker ? "docker" : place == Place::unconfined ? "process" : "chroot";
  m_backends.emplace(testing::Combination(layer, "strict", sandbox), m_folder.path());
  testing::StudyConfig config;
  config.access_codes = {"attacker", "victim-" + m_secret, "accomplice", "cheat"};
  for (int number = 1; number <= newcomers; ++number)
    config.access_codes.push_back("newcomer" + std::to_string(number));
  config.task_duration_in_seconds = 36000;
  config.tasks = tasks_with(m_secret);
  std::string members = m_backends->members();
  // Sandboxes are prewarmed, as usual, so that there is more to attack.
  const std::string no_pool = ", \"pool\": 0";
  const std::string more = place == Place::unconfined ? ", \"i_know_this_is_not_isolated\": true" : std::string();
  members.replace(members.find(no_pool), no_pool.size(), more);
  config.more = members + "\"workers\": 2, ";
  write_text(m_folder.path() / "config.json", config.text());

  m_listener = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in any{};
  any.sin_family = AF_INET;
  socklen_t size = sizeof any;
  m_local_listener = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path + 1, forbidden_name().data(), forbidden_name().size());
  const auto name_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + forbidden_name().size());
  if (::bind(m_listener.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 ||
      ::listen(m_listener.get(), 16) != 0 ||
      ::getsockname(m_listener.get(), reinterpret_cast<sockaddr*>(&any), &size) != 0 ||
      ::bind(m_local_listener.get(), reinterpret_cast<sockaddr*>(&name), name_size) != 0 ||
      ::listen(m_local_listener.get(), 16) != 0) {
    throw std::runtime_error(std::string("cannot create the socket that no program may reach: ") +
                             std::strerror(errno));
  }
  m_forbidden_port = ntohs(any.sin_port);

  const bool has_small_machine = place == Place::chroot_as_user || place == Place::unconfined;
  if (has_small_machine) m_machine.emplace();
  m_server.emplace(write_wrapper(m_folder.path(), m_secret, has_small_machine, m_machine ? m_machine->join() : ""),
                   m_folder.path());
}

void SetUp::note_victim() {
  for (const SandboxView& sandbox : sandboxes()) {
    for (const ProcessView& process : sandbox.processes) m_victim = *process.users.begin();
  }
}

uid_t SetUp::server_user() const {
  return m_place == Place::chroot_as_user || m_place == Place::unconfined ? ordinary_user : 0;
}

std::vector<uid_t> SetUp::other_users() const {
  if (m_victim == server_user()) return {m_victim};
  return {server_user(), m_victim};
}

std::set<pid_t> SetUp::candidates() const {
  std::set<pid_t> numbers;
  if (m_place == Place::docker) {
    for (const auto& [process, started] : testing::engine().processes()) numbers.insert(process);
    return numbers;
  }
  for (const auto& [process, started] : testing::descendants(m_server->process())) numbers.insert(process);
  if (m_place == Place::unconfined) {
    for (const pid_t process : server_processes()) numbers.erase(process);
  }
  return numbers;
}

std::vector<SandboxView> SetUp::sandboxes() const { return find_sandboxes(candidates(), m_place == Place::unconfined); }

std::size_t SetUp::sandbox_processes() const {
  std::size_t count = 0;
  for (const SandboxView& sandbox : sandboxes()) count += sandbox.processes.size();
  return count;
}

std::vector<pid_t> SetUp::server_processes() const {
  std::vector<pid_t> processes{m_server->process()};
  for (const char* role : {"gateway", "worker"}) {
    for (const pid_t player : m_server->role_processes(role)) processes.push_back(player);
  }
  return processes;
}

double SetUp::server_seconds() const {
  std::set<pid_t> numbers{m_server->process()};
  for (const auto& [process, started] : testing::descendants(m_server->process())) numbers.insert(process);
  const std::string ours = fs::read_symlink("/proc/self/ns/pid");
  double seconds = 0;
  for (const pid_t number : numbers) {
    const std::optional<ProcessView> view = ProcessView::of(number);
    if (view && view->process_namespace == ours) seconds += view->seconds;
  }
  return seconds;
}

int SetUp::visits() const {
  m_visits += accept_all(m_listener.get()) + accept_all(m_local_listener.get());
  return m_visits;
}

}  // namespace tellina::hostile
