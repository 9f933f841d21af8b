#pragma once

/// Where a plugin finds the files that are installed with it.

#include <dlfcn.h>

#include <filesystem>
#include <string>

#include "tellina/error.hpp"

namespace tellina {

/// The absolute path of a file beside the shared object that calls this: of the program NAME that
/// `tellina_add_plugin(... PROGRAMS NAME)` builds and installs, for example. The file need not exist. Threads: any.
/// Throws Error(internal) if the shared object's path is unknown.
__attribute__((visibility("hidden"))) inline std::string file_beside_plugin(const std::string& name) {
  // Hidden, so that each shared object has its own.
  static const char here = 0;
  Dl_info object{};
  if (::dladdr(&here, &object) == 0 || !object.dli_fname) {
    throw Error(ErrorCode::internal, "the path of this shared object is unknown");
  }
  return (std::filesystem::absolute(object.dli_fname).parent_path() / name).string();
}

}  // namespace tellina
