#include "settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

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

/// Everyone who can connect to a Redis server without a password reads all keystrokes, and can type. The permissions of
/// a socket bound who can connect.
void check_password(const Config& config, const Address& address) {
  if (!address.path.empty() || !address.password.empty()) return;
  const Config* accepted = config.find("i_know_anyone_can_type");
  if (accepted && accepted->as_bool()) return;
  const Config* url = config.find("url");
  (url ? *url : config)
      .fail("expected a password in \"url\" (\"redis://:PASSWORD@HOST\"), or a socket (\"unix:///PATH\"), got " +
            std::string(url ? "neither" : "no \"url\"") + ": everyone who can connect to " + address.text() +
            " could read what participants type, and type into their terminals; set \"requirepass\" in redis.conf and "
            "the password here, or accept this with \"i_know_anyone_can_type\": true");
}

}  // namespace

Settings::Settings(const Config& config) {
  address.host = "127.0.0.1";
  if (const Config* url = config.find("url")) address = read_url(*url);
  check_password(config, address);
  if (const Config* file = config.find("ca_file")) {
    if (!address.is_encrypted) file->fail("expected it only with a \"url\" that begins with \"rediss://\"");
    const auto folder = std::filesystem::path(config.file()).parent_path();
    address.ca_file = std::filesystem::absolute(folder / file->as_string()).lexically_normal().string();
    if (::access(address.ca_file.c_str(), R_OK) != 0) {
      file->fail("cannot read " + address.ca_file + ": " + std::strerror(errno));
    }
  }
  prefix = read_prefix(config, prefix);
  capacity = static_cast<std::size_t>(read_number(config, "capacity", 1'000'000, 10'000));
  expiry = std::chrono::seconds(read_number(config, "expiry", 86'400, 60));
}

}  // namespace tellina::redis
