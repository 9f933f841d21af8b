#include "plugins/sandbox_exec/error_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tellina::exec_sandbox {

std::optional<ErrorCode> error_code_of(std::string_view name) {
  using enum ErrorCode;
  static constexpr std::array<std::pair<std::string_view, ErrorCode>, 12> names = {{
      {"unavailable", unavailable},
      {"permission_denied", permission_denied},
      {"not_found", not_found},
      {"incompatible", incompatible},
      {"bad_config", bad_config},
      {"bad_request", bad_request},
      {"seed_failed", seed_failed},
      {"busy", busy},
      {"timed_out", timed_out},
      {"gone", gone},
      {"unsupported", unsupported},
      {"internal", internal},
  }};
  const auto* const found =
      std::find_if(names.begin(), names.end(), [&](const auto& one) { return one.first == name; });
  if (found == names.end()) return {};
  return found->second;
}

}  // namespace tellina::exec_sandbox
