#include "host/tryout/trials.hpp"

#include "host/runtime/files.hpp"
#include "host/store/process_identity.hpp"

namespace tellina {
namespace {

/// As one word of the shell.
std::string quoted(const std::string& line) {
  std::string word = "'";
  for (const char letter : line) word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return word + "'";
}

template <typename Change>
std::vector<std::string> changed(const std::vector<std::string>& lines, Change change) {
  std::vector<std::string> result;
  for (const std::string& line : lines) result.push_back(change(line));
  return result;
}

}  // namespace

std::vector<Way> ways_of(const Task& task) {
  std::vector<Way> ways;
  if (!task.solution.empty()) ways.push_back({"the solution", task.solution, true});
  ways.push_back({"an empty session", {}, false});
  for (const auto& [name, lines] : task.must_fail) ways.push_back({name, lines, false});
  if (task.solution.empty()) return ways;
  ways.push_back({"the solution as a comment",
                  changed(task.solution, [](const std::string& line) { return "# " + line; }), false});
  ways.push_back({"the solution printed",
                  changed(task.solution, [](const std::string& line) { return "echo " + quoted(line); }), false});
  return ways;
}

TrialResult try_task(const TrialParts& parts, const Task& task, const Way& way) {
  const TemporaryFolder folder("trial");
  const std::unique_ptr<Store> store = Store::open(folder.file("db.sqlite3"), parts.clock, parts.log);
  AsioLoop loop(parts.clock);
  auto pool = std::make_unique<ThreadPool>(4, 1);
  SessionEnvironment environment(loop, *pool, *store, parts.sandboxes, parts.random, parts.log);
  auto study = std::make_shared<Study>();
  study->tasks = {task};
  // Otherwise an outcome may be hidden.
  study->tasks[0].feedback = Feedback::counts;
  study->task_duration = 2 * trial_time + task.checker.time_limit;
  environment.study = study;
  environment.worker = "trial-" + random_token(parts.random, 8);
  environment.sandbox_plugin = parts.sandbox_plugin;
  environment.shell_files = std::make_shared<const std::map<std::string, Bytes>>(parts.shell_files);
  ParticipantId participant = 0;
  store->run([&](StoreTransaction& transaction) {
    const Timestamp now(parts.clock);
    transaction.register_worker(identify_this_process(environment.worker), now);
    transaction.add_participant("trial", now);
    participant = *transaction.find_participant("trial");
  });
  const TrialResult result = Trial(environment, loop, participant, way.lines).run();
  pool.reset();  // its last tasks use the environment
  return result;
}

}  // namespace tellina
