#include <algorithm>

#include "host/cli/commands.hpp"
#include "host/cli/table.hpp"
#include "host/config/load_host_config.hpp"
#include "host/config/unicode.hpp"
#include "host/config/words.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/store/store.hpp"
#include "host/study/task.hpp"

namespace tellina {
namespace {

HostConfig load(const Arguments& arguments) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders));
  return load_host_config(arguments.config, registry);
}

/// Runs one transaction in the study's database.
template <typename Job>
void in_store(const HostConfig& config, CommandContext& context, Job job) {
  const std::unique_ptr<Store> store = Store::open(config.database, context.clock, context.log);
  store->run(job);
}

}  // namespace

int participants_list(const Arguments& arguments, CommandContext& context) {
  const HostConfig config = load(arguments);
  std::vector<ParticipantSummary> participants;
  in_store(config, context, [&](StoreTransaction& transaction) {
    participants = transaction.list_participants(static_cast<int>(config.study->tasks.size()));
  });
  std::vector<std::vector<std::string>> rows{{"ACCESS CODE", "STATE", "TASKS ENDED", "ATTEMPT", "MAY LOG IN"}};
  for (const ParticipantSummary& participant : participants) {
    rows.push_back({participant.access_code, participant.state, std::to_string(participant.tasks_ended),
                    std::to_string(participant.attempt), participant.can_log_in ? "yes" : "no"});
  }
  // The database learns of a code in the config file when the server next starts or reloads.
  for (const std::string& code : config.access_codes) {
    const bool known =
        std::any_of(participants.begin(), participants.end(),
                    [&](const ParticipantSummary& participant) { return participant.access_code == code; });
    if (!known) rows.push_back({code, "new", "0", "1", "after a start or reload"});
  }
  print_table(context.out, rows);
  return 0;
}

int participants_add(const Arguments& arguments, CommandContext& context) {
  const std::string& code = arguments.operand;
  if (code.size() > max_access_code_bytes) {
    throw UsageError("participants add: expected at most " + std::to_string(max_access_code_bytes) +
                     " bytes in CODE, got " + std::to_string(code.size()));
  }
  if (!is_printable(code)) {
    throw UsageError("participants add: expected printable characters in CODE, got " + in_quotes(code));
  }
  in_store(load(arguments), context,
           [&](StoreTransaction& transaction) { transaction.add_participant(code, Moment(context.clock)); });
  context.out << "added " << code << '\n';
  return 0;
}

int participants_reset(const Arguments& arguments, CommandContext& context) {
  in_store(load(arguments), context, [&](StoreTransaction& transaction) {
    transaction.reset_participant(arguments.operand, Moment(context.clock));
  });
  context.out << "reset " << arguments.operand << '\n';
  return 0;
}

}  // namespace tellina
