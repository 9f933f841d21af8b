#include "host/cli/command_table.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "host/limits.hpp"

namespace tellina {
namespace {

using HelpLines = std::vector<std::pair<std::string, std::string>>;

void store_port(Arguments& arguments, const std::string& text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port > 65535) {
    throw UsageError("--port: expected a whole number from 0 to 65535, got \"" + text + "\"");
  }
  arguments.port = static_cast<std::uint16_t>(port);
}

const OptionRow config_option{
    "--config", "FILE", "the study's configuration, in YAML if it is named *.yaml (default: config.json or study.yaml)",
    [](Arguments& arguments, const std::string& text) { arguments.config = text; }};
const OptionRow address_option{"--address", "ADDRESS", "IP address to listen on, instead of the configured one",
                               [](Arguments& arguments, const std::string& text) { arguments.address = text; }};
const OptionRow port_option{"--port", "PORT", "port to listen on, instead of the configured one; 0 takes a free one",
                            store_port};
const OptionRow plugin_option{
    "--plugin-dir", "FOLDER", "search this folder for plugins first; can be repeated",
    [](Arguments& arguments, const std::string& text) { arguments.plugin_folders.push_back(text); }, true};
const OptionRow test_option{"--test-mode", nullptr, "serve /test, which tests the whole server",
                            [](Arguments& arguments, const std::string&) { arguments.test_mode = true; }};

const OptionRow worker_test_option{"--test-mode", nullptr, "take part in the tests of a gateway that serves /test",
                                   [](Arguments& arguments, const std::string&) { arguments.test_mode = true; }};

void store_number(Arguments& arguments, const std::string& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > limits::worker_number) {
    throw UsageError("--number: expected a whole number from 0 to " + std::to_string(limits::worker_number) +
                     ", got \"" + text + "\"");
  }
  arguments.number = number;
}

const OptionRow for_bots_option{
    "--for-bots", "FILE",
    "serve bots only, with this database: without TLS, and without the configured access codes and links",
    [](Arguments& arguments, const std::string& text) { arguments.bots_database = text; }};

const OptionRow number_option{"--number", "N", "number of this worker in /metrics (default: its process id)",
                              store_number};

void store_log_format(Arguments& arguments, const std::string& text) {
  if (text != "text" && text != "json") {
    throw UsageError("--log-format: expected text or json, got \"" + text + "\"");
  }
  arguments.log.format = text == "json" ? LogFormat::json : LogFormat::text;
}

void store_log_level(Arguments& arguments, const std::string& text) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (text == to_string(level)) {
      arguments.log.lowest = level;
      return;
    }
  }
  throw UsageError("--log-level: expected debug, info, warning or error, got \"" + text + "\"");
}

const OptionRow log_format_option{"--log-format", "FORMAT", "format of log lines: text or json (default: text)",
                                  store_log_format};
const OptionRow log_level_option{"--log-level", "LEVEL",
                                 "least important lines to log: debug, info, warning or error (default: info)",
                                 store_log_level};

const OptionRow list_json_option{"--json", nullptr, "print one JSON object per line for each participant",
                                 [](Arguments& arguments, const std::string&) { arguments.json = true; }};
const OptionRow watch_option{"--watch", nullptr, "print the list again every second, until Ctrl-C",
                             [](Arguments& arguments, const std::string&) { arguments.watch = true; }};
const OptionRow verify_option{"--verify", "CODE", "print whose completion code this is, instead",
                              [](Arguments& arguments, const std::string& text) { arguments.verified_code = text; }};
const OptionRow codes_option{"--with-codes", nullptr, "add the access codes to --json",
                             [](Arguments& arguments, const std::string&) { arguments.with_codes = true; }};

const OptionRow prepare_option{"--prepare", nullptr, "first create what the sandbox lacks, as `sandbox prepare` does",
                               [](Arguments& arguments, const std::string&) { arguments.prepare = true; }};

const OptionRow kind_option{"--kind", "KIND", "kind of plugin: sandbox, ordering_policy or channel_layer",
                            [](Arguments& arguments, const std::string& text) { arguments.kind = text; }};
const OptionRow directory_option{"--directory", "FOLDER", "new folder for the sources (default: ./NAME)",
                                 [](Arguments& arguments, const std::string& text) { arguments.directory = text; }};
void store_seed(Arguments& arguments, const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UsageError("--seed: expected a whole number from 0 to 18446744073709551615, got \"" + text + "\"");
  }
  arguments.seed = seed;
}

void store_jobs(Arguments& arguments, const std::string& text) {
  std::uint16_t jobs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), jobs);
  if (error != std::errc() || end != text.data() + text.size() || jobs < 1 || jobs > 64)
    throw UsageError("--jobs: expected a whole number from 1 to 64, got \"" + text + "\"");
  arguments.jobs = jobs;
}

const OptionRow settings_option{"--config", "JSON", "the plugin's settings, as in config.json (default: {})",
                                [](Arguments& arguments, const std::string& text) { arguments.settings = text; }};
const OptionRow list_option{"--list", nullptr, "print the cases with their sentences, and run none",
                            [](Arguments& arguments, const std::string&) { arguments.list = true; }};
const OptionRow cut_option{"--cut", "ADDRESS",
                           "HOST:PORT or socket of a channel layer's server, as the settings name it, so that the kit "
                           "may disturb their connections",
                           [](Arguments& arguments, const std::string& text) { arguments.server = text; }};
const OptionRow filter_option{"--filter", "REGEX", "run only cases whose names match the regular expression",
                              [](Arguments& arguments, const std::string& text) { arguments.filter = text; }};
const OptionRow seed_option{"--seed", "N", "repeat the random schedules of the run that printed this number",
                            store_seed};
const OptionRow jobs_option{"--jobs", "N", "how many cases run at the same time (default: 4)", store_jobs};
const OptionRow json_option{"--json", nullptr, "print one JSON object per line for each case",
                            [](Arguments& arguments, const std::string&) { arguments.json = true; }};
const OptionRow in_process_option{"--in-process", nullptr,
                                  "run the cases in this process and without deadlines, for a debugger",
                                  [](Arguments& arguments, const std::string&) { arguments.in_process = true; }};

/// `least` is included, `below` is not.
double number_in(const char* option, const std::string& text, double least, double below, const std::string& expected) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= least && number < below)) {
    throw UsageError(std::string(option) + ": expected " + expected + ", got \"" + text + "\"");
  }
  return number;
}

int count_in(const char* option, const std::string& text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most) {
    throw UsageError(std::string(option) + ": expected a whole number from 1 to " + std::to_string(most) + ", got \"" +
                     text + "\"");
  }
  return number;
}

std::chrono::nanoseconds minutes_in(const char* option, const std::string& text) {
  const double minutes = number_in(option, text, 0.001, 100'000.001, "minutes, from 0.001 to 100000");
  return std::chrono::nanoseconds(static_cast<std::int64_t>(minutes * 60e9));
}

constexpr const char* dropout_words = "a probability, at least 0 and below 1";

void store_dropout_of(Arguments& arguments, const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError("--dropout-of: expected GROUP=P such as 2=0.3, got \"" + text + "\"");
  }
  arguments.simulation.dropout_of[text.substr(0, equals)] =
      number_in("--dropout-of", text.substr(equals + 1), 0, 1, dropout_words);
}

const OptionRow simulate_option{"--simulate", "N", "simulate the assignment of N arrivals",
                                [](Arguments& arguments, const std::string& text) {
                                  arguments.simulate = true;
                                  arguments.simulation.arrivals = count_in("--simulate", text, simulated_arrivals);
                                }};
const OptionRow every_option{
    "--every", "MINUTES", "mean time between two simulated arrivals (default: 10)",
    [](Arguments& arguments, const std::string& text) { arguments.simulation.every = minutes_in("--every", text); }};
const OptionRow length_option{
    "--length", "MINUTES", "length of a simulated session (default: 60)",
    [](Arguments& arguments, const std::string& text) { arguments.simulation.length = minutes_in("--length", text); }};
const OptionRow dropout_option{"--dropout", "P",
                               "share of simulated participants who leave before the end (default: 0)",
                               [](Arguments& arguments, const std::string& text) {
                                 arguments.simulation.dropout = number_in("--dropout", text, 0, 1, dropout_words);
                               }};
const OptionRow dropout_of_option{"--dropout-of", "GROUP=P", "the share in one group; can be repeated",
                                  store_dropout_of, true};
const OptionRow runs_option{"--runs", "R", "how often to simulate (default: 300)",
                            [](Arguments& arguments, const std::string& text) {
                              arguments.simulation.runs = count_in("--runs", text, simulated_runs);
                            }};
const OptionRow plan_json_option{"--json", nullptr, "print one JSON object",
                                 [](Arguments& arguments, const std::string&) { arguments.json = true; }};
const OptionRow csv_option{"--csv", nullptr, "print the groups as CSV",
                           [](Arguments& arguments, const std::string&) { arguments.csv = true; }};

const OptionRow task_option{"--task", "ID", "judge this task's sessions only; can be repeated",
                            [](Arguments& arguments, const std::string& text) { arguments.names.push_back(text); },
                            true};
const OptionRow database_option{"--database", "FILE", "the record (default: the configuration's database)",
                                [](Arguments& arguments, const std::string& text) { arguments.database = text; }};
const OptionRow save_option{"--save", "NAME", "keep the verdicts in the database, with this name",
                            [](Arguments& arguments, const std::string& text) { arguments.save = text; }};
const OptionRow rescore_json_option{"--json", nullptr, "print one JSON object per line for each session",
                                    [](Arguments& arguments, const std::string&) { arguments.json = true; }};
const OptionRow rescore_csv_option{"--csv", nullptr, "print the sessions as CSV",
                                   [](Arguments& arguments, const std::string&) { arguments.csv = true; }};

const OptionRow plan_database_option{
    "--database", "FILE", "count who has completed or is under way in this database, instead of the configured one",
    [](Arguments& arguments, const std::string& text) { arguments.database = text; }};

const OptionRow bots_database_option{"--database", "FILE", "record the bots here; the file is created if it is missing",
                                     [](Arguments& arguments, const std::string& text) { arguments.database = text; }};
void store_bots_seed(Arguments& arguments, const std::string& text) {
  std::int64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size() || seed < 0) {
    throw UsageError("--seed: expected a whole number from 0 to 9223372036854775807, got \"" + text + "\"");
  }
  arguments.bot_settings.seed = seed;
}

const OptionRow bots_seed_option{"--seed", "S", "of all that the bots decide (default: 1)", store_bots_seed};
const OptionRow bots_dropout_option{
    "--dropout", "P", "share of bots who leave at some step and never return (default: 0)",
    [](Arguments& arguments, const std::string& text) {
      arguments.bot_settings.dropout = number_in("--dropout", text, 0, 1, dropout_words);
    }};
const OptionRow speed_option{"--speed", "X", "how many times as fast as a person they read and type (default: 1)",
                             [](Arguments& arguments, const std::string& text) {
                               arguments.bot_settings.speed =
                                   number_in("--speed", text, 0.01, 1000.001, "a number from 0.01 to 1000");
                             }};
const OptionRow unsolved_option{
    "--unsolved", "give-up|clock", "what they do with a task without \"solution\" (default: give-up)",
    [](Arguments& arguments, const std::string& text) {
      if (text != "give-up" && text != "clock") {
        throw UsageError("--unsolved: expected give-up or clock, got \"" + text + "\"");
      }
      arguments.bot_settings.unsolved = text == "clock" ? bots::Unsolved::clock : bots::Unsolved::give_up;
    }};
const OptionRow arrivals_option{
    "--every", "SECONDS", "time between two arrivals (default: 0, all come at once)",
    [](Arguments& arguments, const std::string& text) {
      const double seconds = number_in("--every", text, 0, 3600.001, "seconds, from 0 to 3600");
      arguments.arrival_interval = std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
    }};
const OptionRow bots_url_option{"--url", "URL", "send them to a running server that has this database",
                                [](Arguments& arguments, const std::string& text) { arguments.url = text; }};
const OptionRow bots_json_option{"--json", nullptr, "print one JSON object",
                                 [](Arguments& arguments, const std::string&) { arguments.json = true; }};

const OptionRow tasks_json_option{"--json", "FILE", "write the results as JSON",
                                  [](Arguments& arguments, const std::string& text) { arguments.json_file = text; }};

// A gateway has all options of `run`; a worker has no address.
const std::vector<const OptionRow*> server_options{&config_option,     &address_option,  &port_option,
                                                   &plugin_option,     &test_option,     &for_bots_option,
                                                   &log_format_option, &log_level_option};
const std::vector<const OptionRow*> run_options{&config_option,   &address_option,    &port_option,
                                                &plugin_option,   &prepare_option,    &test_option,
                                                &for_bots_option, &log_format_option, &log_level_option};
const std::vector<const OptionRow*> worker_options{&config_option,      &plugin_option,   &number_option,
                                                   &worker_test_option, &for_bots_option, &log_format_option,
                                                   &log_level_option};
const std::vector<const OptionRow*> config_options{&config_option, &plugin_option};
const std::vector<const OptionRow*> check_options{&settings_option, &jobs_option, &cut_option,  &list_option,
                                                  &filter_option,   &seed_option, &json_option, &in_process_option};

const CommandRow commands[] = {
    {CommandName::run, "", "run", nullptr, "serve the study until Ctrl-C", run_options},
    {CommandName::gateway, "", "gateway", nullptr, "serve browsers only; workers run elsewhere", server_options},
    {CommandName::worker, "", "worker", nullptr, "run terminals only; gateways run elsewhere", worker_options},
    {CommandName::config_check, "config", "check", nullptr, "check the configuration and report its errors",
     config_options},
    {CommandName::config_schema, "config", "schema", nullptr, "print the JSON Schema of the configuration",
     config_options},
    {CommandName::config_convert,
     "config",
     "convert",
     "FROM",
     "write a JSON configuration as YAML (*.yaml, *.yml) or the reverse",
     {},
     "TO"},
    {CommandName::plugins_check, "plugins", "check", "FILE.so", "check that a plugin keeps the SDK's promises",
     check_options},
    {CommandName::plugins_list, "plugins", "list", nullptr,
     "show the installed plugins, and those that cannot be opened", config_options},
    {CommandName::plugins_show, "plugins", "show", "NAME|FILE",
     "show the settings of a plugin, with their defaults and limits", config_options},
    {CommandName::plugins_new,
     "plugins",
     "new",
     "NAME",
     "write the sources of a new, working plugin",
     {&kind_option, &directory_option}},
    {CommandName::participants_list,
     "participants",
     "list",
     nullptr,
     "list the participants and their progress",
     {&list_json_option, &watch_option, &codes_option, &config_option, &plugin_option}},
    {CommandName::participants_links,
     "participants",
     "links",
     nullptr,
     "print the link of each participant",
     {&config_option, &address_option, &port_option, &plugin_option}},
    {CommandName::participants_link,
     "participants",
     "link",
     "P001",
     "print the link of one participant",
     {&config_option, &address_option, &port_option, &plugin_option}},
    {CommandName::participants_code,
     "participants",
     "code",
     nullptr,
     "print a participant's completion code, or whose code it is",
     {&verify_option, &config_option, &plugin_option},
     nullptr,
     "[P001]"},
    {CommandName::participants_add, "participants", "add", "CODE", "add a participant with this access code",
     config_options},
    {CommandName::participants_reset, "participants", "reset", "CODE|P001",
     "restart a participant from the first task; keeps the record", config_options},
    {CommandName::sandbox_prepare, "sandbox", "prepare", nullptr,
     "create what the study's sandboxes need: the root file system or the image, with its packages", config_options},
    {CommandName::tasks_try,
     "tasks",
     "try",
     nullptr,
     "type each task's solution, and what must not pass, in the configured sandbox",
     {&tasks_json_option, &config_option, &plugin_option},
     nullptr,
     "[ID...]"},
    {CommandName::plan,
     "",
     "plan",
     nullptr,
     "show the groups, check the design, and simulate who gets which group",
     {&simulate_option, &every_option, &length_option, &dropout_option, &dropout_of_option, &runs_option,
      &plan_json_option, &csv_option, &plan_database_option, &config_option, &plugin_option}},
    {CommandName::rescore,
     "",
     "rescore",
     nullptr,
     "judge recorded sessions again, by the checks of a configuration",
     {&task_option, &database_option, &save_option, &rescore_json_option, &rescore_csv_option, &config_option,
      &plugin_option}},
    {CommandName::bots,
     "",
     "bots",
     "N",
     "send N scripted participants through the whole study",
     {&bots_database_option, &bots_seed_option, &bots_dropout_option, &speed_option, &unsolved_option, &arrivals_option,
      &bots_url_option, &bots_json_option, &config_option, &plugin_option}},
    {CommandName::bench, "", "bench", nullptr, "measure how fast a server is", bench_options()},
    {CommandName::version, "", "version", nullptr, "print the version", {}},
};

void append_lines(std::string& text, const HelpLines& lines) {
  std::size_t width = 0;
  for (const auto& [left, right] : lines) width = std::max(width, left.size());
  for (const auto& [left, right] : lines) {
    text += "  " + left + std::string(width - left.size() + 2, ' ') + right + "\n";
  }
}

std::string usage_of(const CommandRow& command) {
  std::string usage = command.words();
  for (const char* const operand : {command.operand, command.second_operand, command.more_operands}) {
    if (operand) usage += " " + std::string(operand);
  }
  return usage;
}

}  // namespace

std::string CommandRow::words() const { return *group ? std::string(group) + " " + word : word; }

std::span<const CommandRow> command_table() { return commands; }

std::string command_help(const CommandRow& command) {
  std::string sentence = command.help;
  sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
  std::string text = "Usage: tellina " + usage_of(command) + " [OPTION]...\n\n" + sentence + ".\n\nOptions:\n";
  HelpLines lines;
  for (const OptionRow* option : command.options) {
    lines.emplace_back(option->name + (option->value ? " " + std::string(option->value) : ""), option->help);
  }
  lines.emplace_back("--help", "print this help");
  append_lines(text, lines);
  return text;
}

std::string group_help(std::string_view group) {
  std::string text = "Usage: tellina " + (group.empty() ? std::string() : std::string(group) + " ") +
                     "COMMAND [OPTION]...\n\nCommands:\n";
  HelpLines lines;
  for (const CommandRow& command : commands) {
    if (group.empty() || group == command.group) lines.emplace_back(usage_of(command), command.help);
  }
  append_lines(text, lines);
  text += "\nEach command has --help. Exit status: 0 success, 1 failure, 2 bad usage or configuration.\n";
  return text;
}

}  // namespace tellina
