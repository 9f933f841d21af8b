#pragma once

#include <string_view>

namespace tellina::redis {

/// What a researcher can do about an error reply of Redis; empty if there is no better advice than the reply itself.
std::string_view advice_on(std::string_view error);

}  // namespace tellina::redis
