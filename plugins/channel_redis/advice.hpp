#pragma once

#include <string_view>

namespace tellina::redis {

/// What a researcher can do about an error reply of Redis; empty where nothing better is known than the reply.
std::string_view advice_on(std::string_view error);

}  // namespace tellina::redis
