#pragma once

/// The command line as a value.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/bots/bot_settings.hpp"
#include "host/options/bench_options.hpp"
#include "host/runtime/stderr_log.hpp"
#include "host/runtime/usage_error.hpp"
#include "host/study/simulation.hpp"

namespace tellina {

enum class CommandName {
  run,
  gateway,
  worker,
  config_check,
  config_schema,
  config_convert,
  plugins_check,
  plugins_list,
  plugins_new,
  plugins_show,
  participants_list,
  participants_links,
  participants_link,
  participants_code,
  participants_add,
  participants_reset,
  sandbox_prepare,
  tasks_try,
  plan,
  rescore,
  bots,
  bench,
  version,
};

class Arguments {
 public:
  Arguments() = default;

  CommandName command = CommandName::run;
  std::string config;                       ///< empty: not given, see choose_config()
  std::optional<std::string> address;       ///< absent: the value of the config file
  std::optional<std::uint16_t> port;        ///< absent: the value of the config file; 0 takes a free one
  std::vector<std::string> plugin_folders;  ///< of --plugin-dir, in order
  bool test_mode = false;
  bool prepare = false;            ///< of `run`: first do what `sandbox prepare` does
  std::optional<unsigned> number;  ///< of `worker`, see RunOptions
  std::string bots_database;       ///< of `run`, `gateway` and `worker`, see RunOptions
  LogSettings log;                 ///< of `run`, `gateway` and `worker`
  std::string operand;             ///< an access code, a plugin's file, a new plugin's name, a number of bots
  std::string second_operand;      ///< of `config convert`: the file to write
  std::string kind;                ///< of `plugins new`
  std::string directory;           ///< of `plugins new`; empty: ./NAME

  // Of `plugins check`.
  std::string settings = "{}";  ///< JSON text
  std::string server;           ///< of a channel layer, HOST:PORT or a socket; empty: it is not disturbed
  std::string filter;           ///< regular expression; empty for all cases
  std::optional<std::uint64_t> seed;
  std::size_t jobs = 4;
  bool list = false;
  bool json = false;  ///< also of `participants list`, `plan`, `rescore` and `bots`
  bool in_process = false;

  // Of `participants list`.
  bool watch = false;
  bool with_codes = false;

  // Of `participants code`.
  std::string verified_code;  ///< of --verify; empty: not given

  // Of `tasks try` and `rescore`.
  std::vector<std::string> names;  ///< of tasks
  std::string json_file;

  // Of `rescore`.
  std::string database;  ///< also of `plan` and `bots`: a file; empty: the configuration's
  std::string save;      ///< the name of the verdicts in the database; empty: they are not kept

  // Of `plan`.
  bool simulate = false;
  SimulationSettings simulation;
  bool csv = false;  ///< also of `rescore`

  // Of `bots`.
  bots::BotSettings bot_settings;
  std::chrono::nanoseconds arrival_interval{};
  std::string url;  ///< of a running server; empty: the command starts one

  BenchOptions bench;

  /// The help text, if --help was given; then all other members are meaningless.
  std::optional<std::string> help;
};

/// `words` is the command line without the program's name. --option VALUE and --option=VALUE are equivalent. Throws
/// UsageError, with the nearest name if a command or an option is unknown.
Arguments parse_arguments(const std::vector<std::string>& words);

}  // namespace tellina
