#include "hostile/set_up.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <sys/stat.h>
#include <unistd.h>

#include "support/places.hpp"

namespace tellina::hostile {
namespace {

namespace fs = std::filesystem;

/// Of no account of the machine.
constexpr const char* ordinary_user = "61234";

constexpr const char* task = R"([
    {
      "type": "filesystem",
      "description": "make a file named done",
      "initial_filesystem": {"notes.txt": "some text\n", "dir": {"file.txt": null}},
      "answer": {"notes.txt": "some text\n", "dir": {"file.txt": null}, "done": null}
    }
  ])";

/// A program that runs the server as an ordinary user.
fs::path write_wrapper(const fs::path& folder) {
  const fs::path wrapper = folder / "tellina-as-user";
  std::ofstream(wrapper) << "#!/bin/sh\nexport HOME=" << folder.string()
                         << " XDG_RUNTIME_DIR= TMPDIR=" << folder.string() << "\nexec setpriv --reuid " << ordinary_user
                         << " --regid " << ordinary_user << " --clear-groups --inh-caps=-all " << program_file()
                         << " \"$@\"\n";
  fs::permissions(wrapper, fs::perms::owner_all | fs::perms::group_read | fs::perms::others_read |
                               fs::perms::group_exec | fs::perms::others_exec);
  if (::chown(folder.c_str(), static_cast<uid_t>(std::stoi(ordinary_user)), 0) != 0) {
    throw std::runtime_error("the folder cannot be given to an ordinary user: run this as root");
  }
  fs::permissions(folder, fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  return wrapper;
}

/// Numbers of a process in its namespaces, the outermost first; empty if it is gone.
std::vector<int> numbers_of(const std::string& process) {
  std::istringstream status(read_text("/proc/" + process + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream words(line.substr(6));
    std::vector<int> numbers;
    for (int number = 0; words >> number;) numbers.push_back(number);
    return numbers;
  }
  return {};
}

}  // namespace

SetUp::SetUp(Place place, const std::string& layer) : m_place(place), m_layer(layer) {
  m_backends.emplace(testing::Combination(layer, "strict", place == Place::docker ? "docker" : "chroot"),
                     m_folder.path());
  testing::StudyConfig config;
  config.access_codes = {"attacker", "victim", "accomplice"};
  for (int number = 1; number <= 200; ++number) config.access_codes.push_back("newcomer" + std::to_string(number));
  config.task_duration_in_seconds = 36000;
  config.tasks = task;
  config.more = m_backends->members() + "\"workers\": 2, ";
  write_text(m_folder.path() / "config.json", config.text());
  const fs::path program = place == Place::chroot_as_user ? write_wrapper(m_folder.path()) : fs::path(program_file());
  m_server.emplace(program, m_folder.path());
}

std::size_t SetUp::sandbox_processes() const {
  std::size_t count = 0;
  const auto look = [&count](int process) {
    const std::vector<int> numbers = numbers_of(std::to_string(process));
    if (numbers.size() > 1 && numbers.back() != 1) ++count;
  };
  if (m_place == Place::docker) {
    for (const auto& [process, started] : testing::engine().processes()) look(process);
  } else {
    for (const auto& [process, started] : testing::descendants(m_server->process())) look(process);
  }
  return count;
}

}  // namespace tellina::hostile
