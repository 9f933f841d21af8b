#pragma once

/// The paths of this build's files. Only one source file knows them: a path on a compiler's command line would prevent
/// the compiler cache from sharing objects between clones.

#include <string>

namespace tellina {

const std::string& source_folder();
const std::string& build_folder();
const std::string& plugin_folder();
/// The program `tellina`.
const std::string& program_file();
/// A plugin of the build: "channel_memory" for channel_memory.so.
std::string plugin_file(const std::string& name);

}  // namespace tellina
