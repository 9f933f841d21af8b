#include "host/server/start_report.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "host/config/links.hpp"
#include "host/limits.hpp"
#include "host/runtime/log_event.hpp"
#include "host/store/reader.hpp"
#include "host/text/message_parts.hpp"

namespace tellina {
namespace {

/// A server that owns the database has already written the config file's codes to it.
std::vector<std::string> codes_of(const ServerParts& parts) {
  if (parts.options.role == ServerRole::gateway) return parts.config.access_codes;
  std::vector<std::string> codes;
  const int total = static_cast<int>(parts.config.study->tasks.size());
  StoreReader::open(parts.config.database, parts.system.clock)->run([&](StoreTransaction& transaction) {
    for (const ParticipantSummary& participant : transaction.list_participants(total)) {
      if (participant.can_log_in) codes.push_back(participant.access_code);
    }
  });
  return codes;
}

void print_links(const ServerParts& parts, const std::string& url, const std::vector<std::string>& codes) {
  const std::string command = "tellina participants links --config " + parts.options.config;
  const std::optional<OpenLink>& link = parts.config.study->design.open_link;
  if (link) std::cout << "open link: " << open_link(url, *link) << '\n';
  if (codes.empty() && link) return;
  if (codes.empty()) {
    std::cout << "nobody can log in yet: tellina participants add CODE --config " << parts.options.config << '\n';
  } else if (is_journal(STDOUT_FILENO)) {
    std::cout << "links: " << command << '\n';
  } else {
    std::cout << "links:\n";
    const std::size_t shown = std::min(codes.size(), limits::printed_links);
    for (std::size_t i = 0; i < shown; ++i) std::cout << "  " << participant_link(url, codes[i]) << '\n';
    if (shown < codes.size()) std::cout << "  and " << codes.size() - shown << " more: " << command << '\n';
  }
}

/// With a channel layer for several processes, this counts the gateway and all workers, which the supervisor starts.
std::size_t participants_at_a_time(const ServerParts& parts) {
  if (parts.options.role == ServerRole::gateway) return parts.budget.connections();
  if (parts.layer->is_process_local()) return std::min(parts.sandboxes(), parts.budget.connections());
  const std::size_t limit = parts.budget.limit();
  return std::min(parts.config.workers * DescriptorBudget(limit, ServerRole::worker, parts.peers()).sandboxes(),
                  DescriptorBudget(limit, ServerRole::gateway, parts.peers()).connections());
}

void warn_of_low_limit(const ServerParts& parts, std::size_t participants) {
  const std::size_t room = participants_at_a_time(parts);
  if (room >= participants) return;
  parts.system.log.warning("the limit of open files, " + std::to_string(parts.budget.limit()) + ", has room for " +
                           counted(static_cast<std::int64_t>(room), "participant") + " at a time, and " +
                           std::to_string(participants) +
                           " can log in: raise the hard limit (LimitNOFILE= in a unit, ulimit -Hn in a shell)");
}

}  // namespace

void announce(const ServerParts& parts, std::uint16_t port) {
  const HostConfig& config = parts.config;
  const std::string address = parts.options.address.value_or(config.server.address);
  const std::string listening = server_url(config.server, address, port);
  const std::string url = study_url(config.server, address, port);
  const std::vector<std::string> codes = codes_of(parts);
  const std::string file = std::filesystem::absolute(parts.options.config).lexically_normal().string();

  LogEvent event("listening");
  event.add("url", listening).add("config", file);
  if (parts.options.role != ServerRole::gateway) event.add("database", config.database);
  event.add("tasks", static_cast<std::int64_t>(config.study->tasks.size()))
      .add("participants", static_cast<std::int64_t>(codes.size()));
  event.write(parts.system.log);

  warn_of_low_limit(parts, codes.size());
  std::cout << "listening on " << listening << '\n';
  if (url != listening) std::cout << "public address: " << url << '\n';
  std::cout << "configuration: " << file << ": "
            << counted(static_cast<std::int64_t>(config.study->tasks.size()), "task") << ", "
            << counted(static_cast<std::int64_t>(codes.size()), "participant") << '\n';
  if (parts.options.role != ServerRole::gateway) std::cout << "database: " << config.database << '\n';
  print_links(parts, url, codes);
  if (isatty(STDIN_FILENO) == 1) std::cout << "Ctrl-C stops the server\n";
  std::cout.flush();
}

}  // namespace tellina
