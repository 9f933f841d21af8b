#include <cctype>
#include <chrono>
#include <optional>

#include "host/cli/commands.hpp"
#include "host/cli/participant_list.hpp"
#include "host/config/links.hpp"
#include "host/config/load_host_config.hpp"
#include "host/limits.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/store/reader.hpp"
#include "host/store/store.hpp"
#include "host/study/completion_code.hpp"
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

std::string in_capitals(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

/// Runs one transaction on the study's database.
template <typename Job>
void in_store(const HostConfig& config, CommandContext& context, Job job) {
  const std::unique_ptr<Store> store = Store::open(config.database, context.clock, context.log);
  store->run(job);
}

/// The beginning of links, as the command line wants it.
std::string link_base(const Arguments& arguments, const HostConfig& config, const std::string& command) {
  const std::uint16_t port = arguments.port.value_or(config.server.port);
  ServerConfig server = config.server;
  if (arguments.address || arguments.port) server.public_url.clear();  // the link bypasses the proxy
  if (port == 0 && server.public_url.empty()) {
    throw UsageError(command + (arguments.port
                                    ? ": --port: expected the server's actual port, got 0"
                                    : ": expected --port PORT, because server.port is 0 and the server takes a free "
                                      "port"));
  }
  return study_url(server, arguments.address.value_or(server.address), port);
}

/// Empty if no server has created the database yet.
std::vector<ParticipantIdentity> read_identities(const HostConfig& config, CommandContext& context) {
  std::vector<ParticipantIdentity> identities;
  if (const auto reader = StoreReader::open(config.database, context.clock)) {
    reader->run([&](StoreTransaction& transaction) { identities = transaction.list_identities(); });
  }
  return identities;
}

/// `label` may be in small letters.
ParticipantIdentity find_identity(const std::vector<ParticipantIdentity>& identities, const std::string& label,
                                  const HostConfig& config) {
  for (const ParticipantIdentity& identity : identities) {
    if (identity.label == in_capitals(label)) return identity;
  }
  throw Error(ErrorCode::not_found, config.database + ": expected a participant's id" +
                                        (identities.empty() ? "" : ", P001 to " + identities.back().label) + ", got " +
                                        in_quotes(label));
}

/// The code that the page showed, or would show now if it is the same for all.
std::string code_of(const ParticipantIdentity& participant, const HostConfig& config) {
  if (!participant.completion_code.empty()) return participant.completion_code;
  const auto completion = config.study->design.completion.find(*participant.outcome);
  return completion == config.study->design.completion.end() ? std::string() : completion->second.code;
}

/// Also finds a code from before a reset.
int verify_code(const std::string& code, const std::vector<ParticipantIdentity>& identities, const HostConfig& config,
                CommandContext& context) {
  for (const auto& [outcome, completion] : config.study->design.completion) {
    if (completion.code != code) continue;
    context.out << "everyone with the outcome " << to_string(outcome) << '\n';
    return 0;
  }
  std::optional<Bytes> key;
  if (const auto reader = StoreReader::open(config.database, context.clock)) {
    reader->run([&](StoreTransaction& transaction) { key = transaction.read_key(completion_key); });
  }
  const std::string sought = in_capitals(code);
  for (const ParticipantIdentity& identity : identities) {
    for (const std::string_view name : outcome_names) {
      if (!key || completion_code(*key, identity.label, *outcome_named(name)) != sought) continue;
      context.out << identity.label << ' ' << name << '\n';
      return 0;
    }
  }
  context.err << "tellina participants code: nobody has the completion code " << in_quotes(code) << '\n';
  return 1;
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
  const std::string url = link_base(arguments, config, "participants links");
  std::vector<std::vector<std::string>> rows;
  const ParticipantList list = ParticipantList::read(config, context.clock);
  for (const ParticipantSummary& participant : list.participants()) {
    if (!participant.can_log_in) continue;
    rows.push_back({participant.access_code, participant_link(url, participant.access_code)});
  }
  if (!rows.empty()) print_table(context.out, rows);
  return 0;
}

int participants_link(const Arguments& arguments, CommandContext& context) {
  const HostConfig config = load(arguments);
  const std::string url = link_base(arguments, config, "participants link");
  const ParticipantIdentity participant = find_identity(read_identities(config, context), arguments.operand, config);
  if (!participant.can_log_in) {
    throw Error(ErrorCode::bad_request, participant.label + " may not log in: expected the access code in " +
                                            config.file + ", found it in the database only");
  }
  context.out << participant_link(url, participant.access_code) << '\n';
  return 0;
}

int participants_code(const Arguments& arguments, CommandContext& context) {
  const bool verifies = !arguments.verified_code.empty();
  if (arguments.names.size() != (verifies ? 0U : 1U)) {
    throw UsageError(
        verifies ? "participants code: expected no participant with --verify, got " + in_quotes(arguments.names.front())
                 : "participants code: expected one participant's id such as P001, or --verify CODE, got " +
                       std::to_string(arguments.names.size()) + " words");
  }
  const HostConfig config = load(arguments);
  const std::vector<ParticipantIdentity> identities = read_identities(config, context);
  if (verifies) return verify_code(arguments.verified_code, identities, config, context);
  const ParticipantIdentity participant = find_identity(identities, arguments.names.front(), config);
  if (!participant.outcome) {
    throw Error(ErrorCode::not_found,
                participant.label + ": expected an ended study, found one under way: there is no completion code yet");
  }
  const std::string code = code_of(participant, config);
  if (code.empty()) {
    throw Error(ErrorCode::not_found, participant.label + ": expected \"completion." +
                                          std::string(to_string(*participant.outcome)) + ".code\" in " + config.file +
                                          ", found none");
  }
  context.out << code << '\n';
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
