#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <optional>
#include <sstream>

#include "host/cli/chosen_tasks.hpp"
#include "host/cli/commands.hpp"
#include "host/config/load_host_config.hpp"
#include "host/plugins/guard.hpp"
#include "host/plugins/registry.hpp"
#include "host/plugins/search_path.hpp"
#include "host/runtime/usage_error.hpp"
#include "host/server/parts.hpp"
#include "host/store/process_identity.hpp"
#include "host/store/rescore_table.hpp"
#include "host/store/session_archive.hpp"
#include "host/study/checker_run.hpp"
#include "host/study/session_replay.hpp"
#include "host/text/json.hpp"
#include "host/text/message_parts.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

/// Runs checkers in the configured sandbox, which is opened for the first of them.
class CheckerRunner {
 public:
  CheckerRunner(const HostConfig& config, const PluginRegistry& registry, CommandContext& context)
      : m_config(config),
        m_registry(registry),
        m_context(context),
        m_owner("rescore-" + random_token(context.random, 8)) {}
  ~CheckerRunner() {
    if (m_sandboxes) m_sandboxes->sweep(m_owner, {});
  }
  CheckerRunner(const CheckerRunner&) = delete;
  CheckerRunner& operator=(const CheckerRunner&) = delete;

  CheckerVerdict run(const Task& task, FileTree home, Bytes commands) {
    open();
    RunSpec spec;
    spec.id = "check-" + random_token(m_context.random, 8);
    spec.owner = m_owner;
    spec.home = std::move(home);
    prepare_checker_run(spec, task, std::move(commands));
    CheckerVerdict verdict;
    guard_plugin_call("sandbox \"" + m_config.sandbox.name + "\"",
                      [&] { verdict = read_verdict(m_sandboxes->run(spec), spec.time_limit); });
    return verdict;
  }

 private:
  void open() {
    if (m_sandboxes) return;
    const PluginContext plugin_context(m_config.sandbox.section, m_context.log, m_context.clock, m_context.random);
    auto sandboxes = m_registry.make_sandbox_backend(m_config.sandbox.name, plugin_context);
    require_checkers(m_config.sandbox.name, report_limits(m_config.sandbox.name, *sandboxes, m_context.log),
                     *m_config.study);
    m_sandboxes = std::move(sandboxes);
  }

  const HostConfig& m_config;
  const PluginRegistry& m_registry;
  CommandContext& m_context;
  const std::string m_owner;
  std::unique_ptr<SandboxBackend> m_sandboxes;
};

class JudgedSession {
 public:
  TaskSessionId id = no_task_session;
  std::string participant;
  std::string task;
  std::string before;
  ReplayVerdict verdict;

  bool passed_before() const { return before == to_string(TaskSessionState::passed); }
  bool is_known() const { return verdict.reason.empty(); }
  bool has_changed() const { return is_known() && passed_before() != verdict.is_passed; }
  std::string now() const { return !is_known() ? "unknown" : verdict.is_passed ? "passed" : "not_passed"; }
  double seconds() const { return std::chrono::duration<double>(verdict.after).count(); }
};

JudgedSession judge(const Task& task, TaskSessionId id, SessionArchive& archive, CheckerRunner& checkers) {
  JudgedSession judged;
  judged.id = id;
  judged.task = task.id;
  const RecordedSession session = archive.read(id);
  judged.participant = session.participant;
  judged.before = session.state;
  ReplaySources sources;
  sources.find_content = [&](const std::string& hash) { return archive.content(hash); };
  sources.run_checker = [&](FileTree home, Bytes commands) {
    return checkers.run(task, std::move(home), std::move(commands));
  };
  try {
    judged.verdict = replay(task, session, sources);
  } catch (const ConfigError&) {
    throw;  // the sandbox cannot run the study's checkers
  } catch (const StoreError&) {
    throw;
  } catch (const Error& error) {
    judged.verdict = ReplayVerdict();
    judged.verdict.reason = error.what();
  }
  return judged;
}

/// "02:13".
std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  std::ostringstream text;
  text << std::setfill('0') << std::setw(2) << whole / 60 << ':' << std::setw(2) << whole % 60;
  return text.str();
}

std::string change_text(const JudgedSession& session) {
  std::string text = session.before + " -> ";
  if (!session.verdict.is_passed) return text + "not passed";
  text += "passed";
  if (session.verdict.command_number > 0) text += " at command " + std::to_string(session.verdict.command_number);
  return text + " (" + clock_text(session.seconds()) + ")";
}

void print_task(std::ostream& out, const std::string& task, const std::vector<JudgedSession>& sessions) {
  const auto count = [&](auto condition) { return std::count_if(sessions.begin(), sessions.end(), condition); };
  out << task << ": " << counted(static_cast<std::int64_t>(sessions.size()), "session") << ", "
      << count([](const auto& session) { return session.passed_before(); }) << " passed before, "
      << count([](const auto& session) { return session.is_known() && session.verdict.is_passed; }) << " now\n";
  for (const JudgedSession& session : sessions) {
    if (!session.has_changed()) continue;
    out << "changed: " << session.participant << ' ' << task << ": " << change_text(session)
        << (session.verdict.is_approximate ? ", approximate" : "") << '\n';
  }
  for (const JudgedSession& session : sessions) {
    if (session.is_known()) continue;
    out << "cannot be judged: " << session.participant << ' ' << task << ": " << session.verdict.reason << '\n';
  }
}

void print_json(std::ostream& out, const JudgedSession& session) {
  const bool has_passed = session.is_known() && session.verdict.is_passed;
  out << JsonObject()
             .add("participant_id", session.participant)
             .add("task", session.task)
             .add("task_session_id", session.id)
             .add("before", session.before)
             .add("now", session.now())
             .add_json("command_number", has_passed ? std::to_string(session.verdict.command_number) : "null")
             .add_json("in_seconds", has_passed ? json_number(session.seconds()) : "null")
             .add("approximate", session.verdict.is_approximate)
             .add_json("reason", session.is_known() ? "null" : json_string(session.verdict.reason))
             .text()
      << '\n';
}

/// As in RFC 4180.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char letter : text) cell += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return cell + '"';
}

void print_csv(std::ostream& out, const JudgedSession& session) {
  const bool has_passed = session.is_known() && session.verdict.is_passed;
  out << session.participant << ',' << csv_cell(session.task) << ',' << session.id << ',' << session.before << ','
      << session.now() << ',' << (has_passed ? std::to_string(session.verdict.command_number) : "") << ','
      << (has_passed ? json_number(session.seconds()) : "") << ',' << (session.verdict.is_approximate ? 1 : 0) << ','
      << csv_cell(session.verdict.reason) << "\r\n";
}

Rescore row_of(const JudgedSession& session) {
  Rescore row;
  row.session = session.id;
  row.state = session.now();
  if (session.is_known() && session.verdict.is_passed) {
    row.command_number = session.verdict.command_number;
    row.in_seconds = session.seconds();
  }
  row.is_approximate = session.verdict.is_approximate;
  row.reason = session.verdict.reason;
  return row;
}

/// Names the checks: of all tasks of the configuration.
std::string hash_of_checks(const Study& study) {
  std::string hashes;
  for (const Task& task : study.tasks) hashes += task.id + ' ' + task.definition_hash + '\n';
  return sha256(hashes);
}

}  // namespace

int rescore(const Arguments& arguments, CommandContext& context) {
  if (arguments.json && arguments.csv) throw UsageError("rescore: expected --json or --csv, got both");
  const PluginRegistry registry(default_plugin_search_path(arguments.plugin_folders, arguments.config));
  const HostConfig config = load_host_config(arguments.config, registry);
  const std::vector<const Task*> tasks = chosen_tasks(*config.study, arguments.names, "--task");
  const std::string& database = arguments.database.empty() ? config.database : arguments.database;
  const std::unique_ptr<SessionArchive> archive = SessionArchive::open(database);
  if (!archive) throw UsageError("rescore: expected the database of a study, found none: " + database);
  if (!arguments.save.empty() && has_rescores(database, arguments.save)) {
    throw UsageError("--save: expected a new name, got " + in_quotes(arguments.save) + ", which has verdicts");
  }
  CheckerRunner checkers(config, registry, context);
  std::vector<Rescore> rows;
  if (arguments.csv) {
    context.out << "participant_id,task,task_session_id,before,now,command_number,in_seconds,approximate,reason\r\n";
  }
  for (const Task* const task : tasks) {
    std::vector<JudgedSession> sessions;
    for (const TaskSessionId id : archive->find(task->id)) {
      sessions.push_back(judge(*task, id, *archive, checkers));
      rows.push_back(row_of(sessions.back()));
      if (arguments.json) print_json(context.out, sessions.back());
      if (arguments.csv) print_csv(context.out, sessions.back());
    }
    if (!arguments.json && !arguments.csv) print_task(context.out, task->id, sessions);
    context.out.flush();
  }
  if (!arguments.save.empty()) {
    const RescoreOrigin origin{arguments.save, hash_of_checks(*config.study), TELLINA_VERSION};
    save_rescores(database, origin, rows, context.clock, context.log);
  }
  return 0;
}

}  // namespace tellina
