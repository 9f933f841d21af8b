#include "support/places.hpp"

namespace tellina {

const std::string& source_folder() {
  static const std::string folder = SOURCE_FOLDER;
  return folder;
}

const std::string& build_folder() {
  static const std::string folder = BUILD_FOLDER;
  return folder;
}

const std::string& plugin_folder() {
  static const std::string folder = build_folder() + "/lib/tellina/plugins";
  return folder;
}

const std::string& program_file() {
  static const std::string file = build_folder() + "/bin/tellina";
  return file;
}

std::string plugin_file(const std::string& name) { return plugin_folder() + "/" + name + ".so"; }

}  // namespace tellina
