#include "docker_place.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "place.hpp"

namespace tellina::test {
namespace fs = std::filesystem;

DockerEngine& engine() {
  static DockerEngine engine(TEST_DATA_ROOT, DockerEngine::Image::tellina);
  return engine;
}

std::string run_folder() { return engine().folder() + "/run"; }

namespace place {

const std::string plugin = SANDBOX_PLUGIN;
const bool is_docker = true;
const std::size_t processes_of_a_cell = 1;  // init

std::map<std::string, Setting> settings() { return {{"socket", engine().socket()}, {"run_folder", run_folder()}}; }

Processes sandbox_processes(int) { return engine().processes(); }

std::vector<std::string> leftovers() {
  std::vector<std::string> found = engine().leftovers();
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(run_folder(), none)) {
    if (entry.path().parent_path().filename() == "sandboxes") found.push_back(entry.path());
  }
  return found;
}

std::vector<std::string> leftovers_of(const OwnerId& owner) {
  std::vector<std::string> found;
  for (const std::string& line : leftovers()) {
    if (line.find("." + owner + ".") != std::string::npos) found.push_back(line);
  }
  return found;
}

}  // namespace place
}  // namespace tellina::test
