#include "host/cli/chosen_tasks.hpp"
#include "host/cli/commands.hpp"
#include "host/config/load_host_config.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/files.hpp"
#include "host/server/parts.hpp"
#include "host/server/shell_files.hpp"
#include "host/text/json.hpp"
#include "host/tryout/trials.hpp"

namespace tellina {
namespace {

/// Leaves out what a server tells about each session.
class Warnings final : public Log {
 public:
  explicit Warnings(Log& log) : m_log(log) {}
  void write(LogLevel level, std::string_view text) override {
    if (level >= LogLevel::warning) m_log.write(level, text);
  }

 private:
  Log& m_log;
};

/// What was expected and found; empty if the trial went as it should.
std::string fault_of(const Way& way, const TrialResult& result) {
  const bool has_ended = result.end == to_string(TaskSessionState::passed) ||
                         result.end == to_string(TaskSessionState::gave_up) ||
                         result.end == to_string(TaskSessionState::failed);
  const std::string expected = way.must_pass ? "expected that it passes" : "expected that it does not pass";
  if (!has_ended) return expected + ", got: " + result.end;
  if (result.passed == way.must_pass) return "";
  return expected + ", got " + (result.passed ? "that it passes" : "that it does not");
}

}  // namespace

int tasks_try(const Arguments& arguments, CommandContext& context) {
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  const HostConfig config = load_host_config(arguments.config, registry);
  const std::vector<const Task*> tasks = chosen_tasks(*config.study, arguments.names, "tasks try");
  Warnings log(context.log);
  const PluginContext plugin_context(config.sandbox.section, log, context.clock, context.random);
  const auto sandboxes = registry.make_sandbox_backend(config.sandbox.name, plugin_context);
  const Capabilities found = report_limits(config.sandbox.name, *sandboxes, log);
  require_checkers(config.sandbox.name, found, *config.study);
  const TrialParts parts{*sandboxes, config.sandbox.name, read_shell_files(), context.clock, context.random, log};
  std::string results = "[";
  std::size_t faults = 0;
  for (const Task* const task : tasks) {
    for (const Way& way : ways_of(*task)) {
      const TrialResult result = try_task(parts, *task, way);
      const std::string fault = fault_of(way, result);
      faults += fault.empty() ? 0 : 1;
      context.out << (fault.empty() ? "good    " : "FAULT   ") << task->id << ": " << way.name
                  << (fault.empty() ? (way.must_pass ? " passes" : " does not pass") : ": " + fault) << '\n'
                  << std::flush;
      results += (results.size() > 1 ? ",\n" : "\n") + JsonObject()
                                                           .add("task", task->id)
                                                           .add("way", way.name)
                                                           .add("must_pass", way.must_pass)
                                                           .add("passed", result.passed)
                                                           .add("end", result.end)
                                                           .add("good", fault.empty())
                                                           .text();
    }
  }
  if (!arguments.json_file.empty()) write_text(arguments.json_file, results + "\n]\n");
  return faults == 0 ? 0 : 1;
}

}  // namespace tellina
