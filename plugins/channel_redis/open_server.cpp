#include "open_server.hpp"

#include <charconv>

namespace tellina::redis {
namespace {

std::string field_of(std::string_view info, std::string_view name) {
  const std::size_t found = info.find("\n" + std::string(name) + ":");
  if (found == std::string_view::npos) return {};
  const std::size_t begin = found + 1 + name.size() + 1;
  return std::string(info.substr(begin, info.find_first_of("\r\n", begin) - begin));
}

}  // namespace

std::unique_ptr<Connection> open_server(const Address& address, int stop) {
  auto connection = std::make_unique<Connection>(address, stop);
  if (!address.password.empty()) {
    if (address.user.empty())
      connection->call({"AUTH", address.password});
    else
      connection->call({"AUTH", address.user, address.password});
  }
  if (address.database != 0) connection->call({"SELECT", std::to_string(address.database)});
  return connection;
}

ServerRun ask_for_run(Connection& connection) {
  ServerRun run;
  const Reply reply = connection.call({"INFO", "server"});
  run.id = field_of(text_of(*reply), "run_id");
  run.version = field_of(text_of(*reply), "redis_version");
  constexpr int oldest_major = 7;
  int major = 0;
  std::from_chars(run.version.data(), run.version.data() + run.version.size(), major);
  if (major < oldest_major) {
    throw Failure(Failure::Kind::refused,
                  "Redis \"" + run.version + "\" is too old: expected 7.0 or newer (for BLMPOP)");
  }
  return run;
}

}  // namespace tellina::redis
