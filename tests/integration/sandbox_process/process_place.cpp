#include "place.hpp"

namespace tellina::test::place {

const std::string plugin = SANDBOX_PLUGIN;
const bool is_docker = false;
const std::size_t processes_of_a_cell = 1;

std::map<std::string, Setting> settings() { return {{"i_know_this_is_not_isolated", true}}; }

}  // namespace tellina::test::place
