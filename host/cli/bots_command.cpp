#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>

#include "host/bots/crowd.hpp"
#include "host/cli/commands.hpp"
#include "host/client/child_process.hpp"
#include "host/config/load_host_config.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/descriptors.hpp"
#include "host/runtime/files.hpp"
#include "host/store/reader.hpp"
#include "host/store/store.hpp"
#include "host/text/json.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/table.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

namespace fs = std::filesystem;
using bots::BotResult;

constexpr int most_bots = 1000;
constexpr std::chrono::seconds start_limit{60};

int read_count(const std::string& text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size() && count >= 1 && count <= most_bots) return count;
  throw UsageError("bots: expected a whole number from 1 to " + std::to_string(most_bots) + " for N, got " +
                   in_quotes(text));
}

/// A server of this program for the bots, as long as the object lives.
class BotsServer {
 public:
  BotsServer(const Arguments& arguments, const Clock& clock)
      : m_process(client::own_program(), words(arguments), m_folder.path(), "server", clock),
        m_endpoint(client::wait_for_endpoint(m_process, start_limit)) {}

  const client::Endpoint& endpoint() const { return m_endpoint; }
  /// The last of what it has logged: warnings and errors.
  std::string log() const { return m_process.last_errors(); }

 private:
  /// The server runs in another folder.
  static std::vector<std::string> words(const Arguments& arguments) {
    std::vector<std::string> words{"run",    "--config",   fs::absolute(arguments.config),   "--port",
                                   "0",      "--for-bots", fs::absolute(arguments.database), "--log-level",
                                   "warning"};
    for (const std::string& folder : arguments.plugin_folders) {
      words.emplace_back("--plugin-dir");
      words.push_back(fs::absolute(folder));
    }
    return words;
  }

  TemporaryFolder m_folder{"bots"};
  client::ChildProcess m_process;
  client::Endpoint m_endpoint;
};

/// A bot's walk, and what the database says of it.
struct Walk {
  BotResult result;
  BotSummary recorded;
};

/// "completed", "left at page-2".
std::string end_of(const BotResult& result) {
  if (!result.left_at.empty()) return "left at " + result.left_at;
  return result.outcome.empty() ? "stuck" : result.outcome;
}

std::string counts_text(const std::map<std::string, int>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  }
  return text.empty() ? "none" : text;
}

std::string counts_json(const std::map<std::string, int>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += (text.empty() ? "" : ",") + json_string(name) + ":" + std::to_string(count);
  }
  return "{" + text + "}";
}

struct Totals {
  std::map<std::string, int> outcomes;
  std::map<std::string, int> groups;
  std::map<std::string, int> tasks;
  int practice = 0;
  int reconnects = 0;
  std::size_t faults = 0;
};

Totals totals_of(const std::vector<Walk>& walks) {
  Totals totals;
  for (const auto& [result, recorded] : walks) {
    ++totals.outcomes[!result.left_at.empty() ? "left" : end_of(result)];
    if (!recorded.group.empty()) ++totals.groups[recorded.group];
    for (const auto& [state, count] : result.tasks) totals.tasks[state] += count;
    totals.practice += result.practice;
    totals.reconnects += result.reconnects;
    totals.faults += result.faults.size();
  }
  return totals;
}

void print_text(std::ostream& out, const std::vector<Walk>& walks) {
  std::vector<std::vector<std::string>> rows{{"participant", "group", "end", "steps", "tasks"}};
  for (const auto& [result, recorded] : walks) {
    rows.push_back({recorded.label, recorded.group, end_of(result), std::to_string(result.visits.size()),
                    counts_text(result.tasks)});
  }
  print_table(out, rows);
  const Totals totals = totals_of(walks);
  out << counted(static_cast<std::int64_t>(walks.size()), "bot") << ": " << counts_text(totals.outcomes) << '\n';
  if (!totals.groups.empty()) {
    std::string groups;
    for (const auto& [group, count] : totals.groups) {
      groups += (groups.empty() ? "" : ", ") + std::to_string(count) + " in " + group;
    }
    out << "groups: " << groups << '\n';
  }
  out << "tasks: " << counts_text(totals.tasks) << "; practice: " << totals.practice
      << "; reconnects: " << totals.reconnects << '\n';
  for (const auto& [result, recorded] : walks) {
    for (const std::string& fault : result.faults) out << "FAULT " << recorded.label << ' ' << fault << '\n';
  }
}

std::string to_json(const Walk& walk) {
  const auto list = [](const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) text += (text.empty() ? "" : ",") + json_string(item);
    return "[" + text + "]";
  };
  const auto or_null = [](const std::string& text) { return text.empty() ? "null" : json_string(text); };
  const auto& [result, recorded] = walk;
  return JsonObject()
      .add("number", result.number)
      .add("participant_id", recorded.label)
      .add_json("group", or_null(recorded.group))
      .add_json("outcome", or_null(result.outcome))
      .add_json("left_at", or_null(result.left_at))
      .add_json("steps", list(result.visits))
      .add_json("tasks", counts_json(result.tasks))
      .add("practice", result.practice)
      .add("reconnects", result.reconnects)
      .add_json("faults", list(result.faults))
      .text();
}

void print_json(std::ostream& out, const std::vector<Walk>& walks, std::int64_t seed) {
  std::string list;
  for (const Walk& walk : walks) list += (list.empty() ? "" : ",\n") + to_json(walk);
  const Totals totals = totals_of(walks);
  out << JsonObject()
             .add("seed", seed)
             .add_json("bots", "[" + list + "]")
             .add_json("outcomes", counts_json(totals.outcomes))
             .add_json("groups", counts_json(totals.groups))
             .add_json("tasks", counts_json(totals.tasks))
             .add("faults", totals.faults)
             .text()
      << '\n';
}

/// Adds the bots as participants; returns their access codes.
std::vector<std::string> add_bots(int count, const std::string& database, CommandContext& context) {
  std::vector<std::string> codes;
  for (int number = 0; number < count; ++number) codes.push_back("bot-" + random_token(context.random));
  const auto store = Store::open(database, context.clock, context.log, Durability::second, Opening::existing);
  store->run([&](StoreTransaction& transaction) {
    for (const std::string& code : codes) transaction.add_bot(code, Timestamp(context.clock));
  });
  return codes;
}

/// Joins the walks with the record, which must have the same outcomes.
std::vector<Walk> with_record(std::vector<BotResult> results, const std::string& database, const Clock& clock) {
  std::map<std::string, BotSummary> recorded;
  StoreReader::open(database, clock)->run([&](StoreTransaction& transaction) {
    for (BotSummary& bot : transaction.list_bots()) recorded[bot.access_code] = std::move(bot);
  });
  std::vector<Walk> walks;
  for (BotResult& result : results) {
    Walk& walk = walks.emplace_back(Walk{std::move(result), {}});
    walk.recorded = recorded[walk.result.access_code];
    const auto& outcome = walk.recorded.outcome;
    const std::string in_record(outcome ? to_string(*outcome) : "");
    if (in_record == walk.result.outcome) continue;
    walk.result.faults.push_back("record: expected the outcome " + in_quotes(walk.result.outcome) + ", got " +
                                 in_quotes(in_record));
  }
  return walks;
}

client::Endpoint endpoint_at(const std::string& url) {
  const auto endpoint = client::parse_url(url);
  if (endpoint) return *endpoint;
  throw UsageError("--url: expected http://HOST:PORT or https://HOST:PORT of a running server, got " + in_quotes(url));
}

}  // namespace

int send_bots(const Arguments& arguments, CommandContext& context) {
  const int count = read_count(arguments.operand);
  if (arguments.database.empty()) {
    throw UsageError("bots: expected --database FILE, so that bots and people are not mixed by accident, got none");
  }
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  const HostConfig config = load_host_config(arguments.config, registry);
  std::string dead_ends;
  for (const std::string& line : bots::BotStudy(*config.study).dead_ends()) {
    dead_ends += (dead_ends.empty() ? "" : "\n") + line;
  }
  if (!dead_ends.empty()) throw ConfigError(dead_ends);
  raise_descriptor_limit();

  context.pause(std::chrono::milliseconds(0));  // from now on, Ctrl-C ends the walks and then the server
  std::optional<BotsServer> server;
  bots::CrowdPlan plan;
  if (arguments.url.empty()) {
    server.emplace(arguments, context.clock);
    plan.endpoint = server->endpoint();
  } else {
    plan.endpoint = endpoint_at(arguments.url);
  }
  plan.access_codes = add_bots(count, arguments.database, context);
  plan.settings = arguments.bot_settings;
  plan.every = arguments.arrival_interval;
  int left = count;
  std::vector<BotResult> results = bots::send_bots(
      *config.study, plan, context.clock, [&] { return context.pause(std::chrono::milliseconds(0)); },
      [&](const BotResult& result) {
        if (context.is_terminal)
          context.err << "bot " << result.number << ": " << end_of(result) << "; " << --left << " left\n";
      });
  const std::string log = server ? server->log() : "";
  server.reset();
  const std::vector<Walk> walks = with_record(std::move(results), arguments.database, context.clock);
  if (!log.empty()) context.err << log;
  if (arguments.json) {
    print_json(context.out, walks, arguments.bot_settings.seed);
  } else {
    print_text(context.out, walks);
  }
  return totals_of(walks).faults == 0 ? 0 : 1;
}

}  // namespace tellina
