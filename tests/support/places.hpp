#pragma once

/// Where this build's files lie. Known to one source alone: a path in a compiler's command line would keep the compiler
/// cache from sharing objects between clones.

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
