#include <algorithm>
#include <charconv>
#include <sstream>

#include "host/cli/command_table.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/nearest.hpp"

namespace tellina {
namespace {

template <typename Number>
Number read_number(const char* option, const char* expected, const std::string& text, Number least, Number greatest) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least && number <= greatest) return number;
  throw UsageError(std::string(option) + ": expected " + expected + ", got " + in_quotes(text));
}

void check_word(const char* option, const std::string& text, const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), text) != words.end()) return;
  throw UsageError(std::string(option) + ": expected " + joined(words, "or") + ", got " + in_quotes(text) +
                   suggestion(text, words));
}

const OptionRow figures_option{"--figures", "LIST",
                               "what to measure, with commas between (default: all): "
                               "prompt,memory,closed,paced,mash,paste,flood,interrupt,interrupt_slow",
                               [](Arguments& arguments, const std::string& text) {
                                 std::stringstream list(text);
                                 for (std::string figure; std::getline(list, figure, ',');) {
                                   check_word("--figures", figure, bench_figures());
                                   arguments.bench.figures.push_back(figure);
                                 }
                               }};
const OptionRow sessions_option{"--sessions", "N", "number of concurrent participants (default: 1)",
                                [](Arguments& arguments, const std::string& text) {
                                  arguments.bench.sessions = read_number<std::size_t>(
                                      "--sessions", "a whole number from 1 to 10000", text, 1, 10000);
                                }};
const OptionRow seconds_option{"--seconds", "S", "how long to type for each figure, in seconds (default: 3)",
                               [](Arguments& arguments, const std::string& text) {
                                 arguments.bench.seconds =
                                     read_number("--seconds", "a number from 0.1 to 3600", text, 0.1, 3600.0);
                               }};
const OptionRow rate_option{"--rate", "N", "keys a second in each session, for paced (default: 10)",
                            [](Arguments& arguments, const std::string& text) {
                              arguments.bench.rate =
                                  read_number("--rate", "a number from 0.1 to 100000", text, 0.1, 100000.0);
                            }};
const OptionRow mash_option{"--mash-rate", "N", "keys a second in each session, for mash (default: 5000)",
                            [](Arguments& arguments, const std::string& text) {
                              arguments.bench.mash_rate =
                                  read_number("--mash-rate", "a number from 0.1 to 100000", text, 0.1, 100000.0);
                            }};
const OptionRow mebibytes_option{"--mebibytes", "N", "how many MiB to print for flood, 1 to 48 (default: 32)",
                                 [](Arguments& arguments, const std::string& text) {
                                   arguments.bench.mebibytes = read_number<std::size_t>(
                                       "--mebibytes", "a whole number from 1 to 48", text, 1, 48);
                                 }};
const OptionRow starts_option{"--starts", "N", "how many shells to start for prompt (default: 20)",
                              [](Arguments& arguments, const std::string& text) {
                                arguments.bench.starts =
                                    read_number<std::size_t>("--starts", "a whole number from 1 to 150", text, 1, 150);
                              }};
const OptionRow pairs_option{
    "--pairs", "N", "how many times to measure everything, server and floor in turn (default: 1)",
    [](Arguments& arguments, const std::string& text) {
      arguments.bench.pairs = read_number<std::size_t>("--pairs", "a whole number from 1 to 1000", text, 1, 1000);
    }};
const OptionRow json_option{"--json", "FILE",
                            "write JSON lines to this file; - is standard output, instead of the table",
                            [](Arguments& arguments, const std::string& text) { arguments.bench.json = text; }};
const OptionRow layer_option{"--layer", "NAME", "channel layer of the server: memory, ipc or redis (default: memory)",
                             [](Arguments& arguments, const std::string& text) {
                               check_word("--layer", text, {"memory", "ipc", "redis"});
                               arguments.bench.layer = text;
                             }};
const OptionRow policy_option{"--policy", "NAME", "ordering policy of the server: strict or slight (default: strict)",
                              [](Arguments& arguments, const std::string& text) {
                                check_word("--policy", text, {"strict", "slight"});
                                arguments.bench.policy = text;
                              }};
const OptionRow sandbox_option{"--sandbox", "NAME",
                               "sandbox of the server: chroot, docker or process (default: chroot)",
                               [](Arguments& arguments, const std::string& text) {
                                 check_word("--sandbox", text, {"chroot", "docker", "process"});
                                 arguments.bench.sandbox = text;
                               }};
const OptionRow recording_option{"--recording", "on|off",
                                 "whether the server records terminal input and output (default: on)",
                                 [](Arguments& arguments, const std::string& text) {
                                   check_word("--recording", text, {"on", "off"});
                                   arguments.bench.recording = text;
                                 }};
const OptionRow workers_option{"--workers", "N", "worker processes of the server, with ipc and redis (default: 2)",
                               [](Arguments& arguments, const std::string& text) {
                                 arguments.bench.workers = read_number<std::size_t>(
                                     "--workers", "a whole number from 1 to 256", text, 1, 256);
                               }};
const OptionRow pool_option{"--pool", "N", "sandboxes that the server keeps ready (default: 2)",
                            [](Arguments& arguments, const std::string& text) {
                              arguments.bench.pool =
                                  read_number<std::size_t>("--pool", "a whole number from 0 to 1000", text, 0, 1000);
                            }};
const OptionRow server_option{"--server", "PROGRAM", "the tellina to start and measure (default: this one)",
                              [](Arguments& arguments, const std::string& text) { arguments.bench.server = text; }};
const OptionRow certificate_option{
    "--certificate", "FILE",
    "with --key: start the server with TLS and this certificate, which names 127.0.0.1; with --url: trust it",
    [](Arguments& arguments, const std::string& text) { arguments.bench.certificate = text; }};
const OptionRow key_option{"--key", "FILE", "the private key of the certificate",
                           [](Arguments& arguments, const std::string& text) { arguments.bench.key = text; }};
const OptionRow url_option{"--url", "URL", "measure a running server; uses up tasks of its participants",
                           [](Arguments& arguments, const std::string& text) { arguments.bench.url = text; }};
const OptionRow code_option{
    "--access-code", "CODE", "a participant of that server; give it once for each session",
    [](Arguments& arguments, const std::string& text) { arguments.bench.access_codes.push_back(text); }, true};
const OptionRow floor_option{"--floor", "PROGRAM", "compare with this bare server, which tests/bench/floor builds",
                             [](Arguments& arguments, const std::string& text) { arguments.bench.floor = text; }};

const OptionRow against_option{
    "--against", "OPTION=VALUE",
    "compare with a second server that differs in this: layer, policy, sandbox, recording or server",
    [](Arguments& arguments, const std::string& text) { arguments.bench.against = text; }};

}  // namespace

const std::vector<const OptionRow*>& bench_options() {
  static const std::vector<const OptionRow*> options{
      &figures_option,   &sessions_option, &seconds_option, &rate_option,   &mash_option,        &mebibytes_option,
      &starts_option,    &pairs_option,    &json_option,    &layer_option,  &policy_option,      &sandbox_option,
      &recording_option, &workers_option,  &pool_option,    &server_option, &certificate_option, &key_option,
      &url_option,       &code_option,     &floor_option,   &against_option};
  return options;
}

}  // namespace tellina
