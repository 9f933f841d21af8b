#include <chrono>

#include "host/cli/commands.hpp"
#include "host/cli/participant_list.hpp"
#include "host/config/links.hpp"
#include "host/config/load_host_config.hpp"
#include "host/limits.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/store/store.hpp"
#include "host/study/task.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/table.hpp"
#include "host/text/utf8.hpp"

namespace tellina {
namespace {

HostConfig load(const Arguments& arguments) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  return load_host_config(arguments.config, registry);
}

constexpr std::chrono::seconds watch_interval{1};
/// Terminal control: moves the cursor to the upper left corner and clears everything after it.
constexpr const char* home_and_clear = "\x1b[H\x1b[J";

/// Runs one transaction on the study's database.
template <typename Job>
void in_store(const HostConfig& config, CommandContext& context, Job job) {
  const std::unique_ptr<Store> store = Store::open(config.database, context.clock, context.log);
  store->run(job);
}

}  // namespace

int participants_list(const Arguments& arguments, CommandContext& context) {
  const HostConfig config = load(arguments);
  const auto print = [&] {
    const ParticipantList list = ParticipantList::read(config, context.clock);
    if (arguments.watch && context.is_terminal) context.out << home_and_clear;
    if (arguments.json)
      list.print_json(context.out, arguments.with_codes);
    else
      list.print_table(context.out);
    context.out.flush();
  };
  print();
  while (arguments.watch && context.pause(watch_interval) && context.out) {
    if (!context.is_terminal) context.out << '\n';
    print();
  }
  return 0;
}

int participants_links(const Arguments& arguments, CommandContext& context) {
  const HostConfig config = load(arguments);
  const std::uint16_t port = arguments.port.value_or(config.server.port);
  ServerConfig server = config.server;
  if (arguments.address || arguments.port) server.public_url.clear();  // the link bypasses the proxy
  if (port == 0 && server.public_url.empty()) {
    throw UsageError(arguments.port
                         ? "participants links: --port: expected the server's actual port, got 0"
                         : "participants links: expected --port PORT, because server.port is 0 and the server takes "
                           "a free port");
  }
  const std::string url = study_url(server, arguments.address.value_or(server.address), port);
  std::vector<std::vector<std::string>> rows;
  const ParticipantList list = ParticipantList::read(config, context.clock);
  for (const ParticipantSummary& participant : list.participants()) {
    if (!participant.can_log_in) continue;
    rows.push_back({participant.access_code, participant_link(url, participant.access_code)});
  }
  if (!rows.empty()) print_table(context.out, rows);
  return 0;
}

int participants_add(const Arguments& arguments, CommandContext& context) {
  const std::string& code = arguments.operand;
  if (code.size() > limits::access_code) {
    throw UsageError("participants add: expected at most " + std::to_string(limits::access_code) +
                     " bytes in CODE, got " + std::to_string(code.size()));
  }
  if (!is_printable(code)) {
    throw UsageError("participants add: expected printable characters in CODE, got " + in_quotes(code));
  }
  in_store(load(arguments), context,
           [&](StoreTransaction& transaction) { transaction.add_participant(code, Timestamp(context.clock)); });
  context.out << "added " << code << '\n';
  return 0;
}

int participants_reset(const Arguments& arguments, CommandContext& context) {
  in_store(load(arguments), context, [&](StoreTransaction& transaction) {
    transaction.reset_participant(arguments.operand, Timestamp(context.clock));
  });
  context.out << "reset " << arguments.operand << '\n';
  return 0;
}

}  // namespace tellina
