#include "support/places.hpp"
#include "variant.hpp"

namespace tellina::test::variant {

const std::string plugin = plugin_file("sandbox_process");

std::map<std::string, Setting> settings() { return {{"i_know_this_is_not_isolated", true}}; }

Processes sandbox_processes(int host) { return descendants(host); }

// It creates no mounts and no control groups.
std::vector<std::string> leftovers() { return {}; }
std::vector<std::string> leftovers_of(const OwnerId&) { return {}; }

}  // namespace tellina::test::variant
