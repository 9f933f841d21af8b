#include "settings.hpp"

#include <algorithm>

namespace tellina::redis {
namespace {

std::int64_t read_number(const Config& config, const char* key, std::int64_t highest, std::int64_t fallback) {
  const Config* found = config.find(key);
  if (!found) return fallback;
  if (found->as_integer() < 1 || found->as_integer() > highest) {
    found->fail("expected a whole number from 1 to " + std::to_string(highest) + ", got " + found->describe());
  }
  return found->as_integer();
}

std::string read_prefix(const Config& config, const std::string& fallback) {
  const Config* found = config.find("prefix");
  if (!found) return fallback;
  const std::string& text = found->as_string();
  const bool good = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == ':' || c == '-';
  });
  if (text.empty() || text.size() > 100 || !good) {
    found->fail("expected 1 to 100 letters, digits, '_', '.', ':' and '-', got " + found->describe());
  }
  return text;
}

}  // namespace

Settings::Settings(const Config& config) {
  address.host = "127.0.0.1";
  if (const Config* url = config.find("url")) address = read_url(*url);
  prefix = read_prefix(config, prefix);
  capacity = static_cast<std::size_t>(read_number(config, "capacity", 1'000'000, 10'000));
  expiry = std::chrono::seconds(read_number(config, "expiry", 86'400, 60));
}

}  // namespace tellina::redis
