#include "host/worker/http_requests.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <boost/json.hpp>

#include <optional>
#include <utility>

#include "host/runtime/assertion.hpp"
#include "host/runtime/metric_samples.hpp"
#include "host/store/digest.hpp"
#include "host/study/state_json.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

/// 256 bits: a cookie cannot be guessed, so its plain digest is safe in the file.
constexpr std::size_t cookie_bytes = 32;

/// A list of [family, suffix, labels, value].
json::array to_json(const MetricSamples& samples) {
  json::array list;
  for (const MetricSample& sample : samples.all()) {
    list.push_back(json::array{sample.family, sample.suffix, sample.labels, sample.value});
  }
  return list;
}

json::object success(json::object body = {}) { return {{"status", 200}, {"body", std::move(body)}}; }

json::object failure(int status, std::string_view code, std::string_view message) {
  return {{"status", status}, {"body", {{"error", {{"code", code}, {"message", message}}}}}};
}

std::string string_member(const json::object& question, const char* name) {
  const json::value* value = question.if_contains(name);
  return value && value->is_string() ? json::value_to<std::string>(*value) : std::string();
}

json::object log_in(StoreTransaction& transaction, const std::string& access_code, const std::string& cookie,
                    Timestamp at) {
  const auto participant = transaction.find_participant(access_code);
  if (!participant) return failure(401, "unknown_access_code", "This access code is not known. Please check the link.");
  transaction.add_login(*participant, sha256_hex(cookie), at);
  return {{"status", 200},
          {"body", {{"participant", participant_key(*participant)}}},
          {"participant", *participant},
          {"cookie", cookie}};
}

json::object not_logged_in() { return failure(401, "not_logged_in", "Please open your link again."); }

json::object wrong_participant() {
  return failure(403, "wrong_participant", "The cookie is another participant's. Please open your link again.");
}

/// A request that names no participant is that of the participant whom the cookie names.
bool is_of_another(ParticipantId participant, const std::string& expected) {
  return !expected.empty() && expected != participant_key(participant);
}

json::object authenticate(StoreTransaction& transaction, const std::string& cookie, const std::string& expected) {
  const auto participant = transaction.find_login(sha256_hex(cookie));
  if (!participant) return not_logged_in();
  if (is_of_another(*participant, expected)) return wrong_participant();
  return {{"status", 200}, {"body", json::object()}, {"participant", *participant}, {"affinity", *participant}};
}

void add_file(MetricSamples& samples, const char* name, const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return;
  samples.add("tellina_store_bytes", {{"file", name}}, static_cast<double>(status.st_size));
}

/// The sizes of the store's files, and the free space on their disk.
void add_store_files(MetricSamples& samples, const Store& store) {
  const std::string path = store.path();
  add_file(samples, "database", path);
  add_file(samples, "log", path + "-wal");
  struct statvfs disk {};
  if (statvfs(path.c_str(), &disk) != 0) return;
  samples.add("tellina_store_disk_free_bytes", {},
              static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize));
}

MetricSamples lane_samples(const SessionEnvironment& environment, const LaneCounts& counts) {
  const SessionStatistics& statistics = *environment.statistics;
  const MetricLabels worker{{"worker", std::to_string(environment.number)}};
  MetricSamples samples;
  samples.add("tellina_worker_connections", worker, static_cast<double>(counts.connections));
  samples.add("tellina_worker_sessions", worker, static_cast<double>(counts.sessions));
  samples.add("tellina_worker_messages", worker, static_cast<double>(counts.messages), "_total");
  samples.add("tellina_worker_overtakings", worker, static_cast<double>(counts.overtakings), "_total");
  const std::pair<const char*, std::int64_t> sandboxes[] = {
      {"starting", statistics.sandboxes_starting},
      {"ready", statistics.sandboxes_ready},
      {"running", statistics.sandboxes_there - statistics.sandboxes_ready},
      {"leaving", statistics.sandboxes_leaving}};
  for (const auto& [state, number] : sandboxes) {
    MetricLabels labels = worker;
    labels["state"] = state;
    samples.add("tellina_sandboxes", labels, static_cast<double>(number));
  }
  samples.add("tellina_sandbox_failures", worker, static_cast<double>(statistics.sandbox_failures), "_total");
  samples.add("tellina_sandbox_start_seconds", worker, statistics.sandbox_start);
  samples.add("tellina_key_to_echo_seconds", worker, statistics.key_to_echo);
  if (environment.process.empty()) return samples;
  if (const Histogram* times = environment.store.commit_times()) {
    samples.add("tellina_store_commit_seconds", worker, *times);
  }
  samples.add_process(environment.process, environment.loop.clock());
  return samples;
}

/// The study's numbers, and which workers to ask for theirs.
json::object study_numbers(StoreTransaction& transaction, const Study& study, const Store& store) {
  const StudyCounts counts = transaction.count_study(static_cast<int>(study.tasks.size()));
  MetricSamples samples;
  add_store_files(samples, store);
  for (const auto& [state, number] : counts.participants) {
    samples.add("tellina_study_participants", {{"state", state}}, static_cast<double>(number));
  }
  for (const auto& [ended, number] : counts.ended) {
    samples.add("tellina_study_task_sessions", {{"task", std::to_string(ended.first)}, {"state", ended.second}},
                static_cast<double>(number), "_total");
  }
  json::array workers;
  for (const std::string& worker : counts.workers) {
    if (worker.find(test_worker_mark) == std::string::npos) workers.emplace_back(worker);
  }
  return success(json::object{{"samples", to_json(samples)}, {"workers", std::move(workers)}});
}

json::object describe_study(StoreTransaction& transaction, const std::string& cookie, const std::string& expected,
                            const Study& study) {
  const auto participant = transaction.find_login(sha256_hex(cookie));
  if (participant && is_of_another(*participant, expected)) return wrong_participant();
  const auto progress = participant ? transaction.find_progress(*participant) : std::nullopt;
  if (!progress) return not_logged_in();
  return success(json::parse(state_json(study, *progress)).as_object());
}

json::object about(const SessionEnvironment& environment) {
  return success(json::object{{"title", environment.study->title},
                              {"contact", environment.study->contact},
                              {"records_bytes", environment.keeps_bytes}});
}

using Job = std::function<json::object(StoreTransaction&)>;

/// The job of a method that asks the store; empty for any other method.
Job store_job(const SessionEnvironment& environment, const std::string& method, const json::object& members) {
  if (method == "ready") return [](StoreTransaction&) { return success(); };
  if (method == "study_numbers") {
    return [study = environment.study, &store = environment.store](StoreTransaction& transaction) {
      return study_numbers(transaction, *study, store);
    };
  }
  if (method == "login") {
    return [code = string_member(members, "access_code"), token = random_token(environment.random, cookie_bytes),
            now = Timestamp(environment.loop.clock())](StoreTransaction& transaction) {
      return log_in(transaction, code, token, now);
    };
  }
  const std::string cookie = string_member(members, "cookie");
  const std::string expected = string_member(members, "participant");
  if (method == "authenticate") {
    return [cookie, expected](StoreTransaction& transaction) { return authenticate(transaction, cookie, expected); };
  }
  if (method == "study") {
    return [cookie, expected, study = environment.study](StoreTransaction& transaction) {
      return describe_study(transaction, cookie, expected, *study);
    };
  }
  return {};
}

/// Replies with what the job returns, or with 503 if the store fails.
void ask_store(const SessionEnvironment& environment, Job job, HttpRequests::Reply reply) {
  const auto text = std::make_shared<Bytes>();
  environment.store.submit(
      [job = std::move(job), text](StoreTransaction& transaction) { *text = json::serialize(job(transaction)); },
      [&loop = environment.loop, text, reply = std::move(reply)](std::exception_ptr fault) {
        loop.post([text, reply, fault] {
          reply(fault ? Bytes(json::serialize(failure(503, "busy", "The database does not answer. Please try again.")))
                      : std::move(*text));
        });
      });
}

}  // namespace

HttpRequests::HttpRequests(SessionEnvironment& environment, std::function<LaneCounts()> count)
    : m_environment(environment), m_count(std::move(count)) {
  TELLINA_ASSERT_PROCESS(m_count);
}

void HttpRequests::answer(const Bytes& question, Reply reply) const {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(question), error);
  if (error || !value.is_object()) return reply(json::serialize(failure(400, "bad_request", "no JSON object")));
  const json::object& members = value.get_object();
  const std::string method = string_member(members, "method");
  if (method == "alive") return reply(json::serialize(success()));
  if (method == "about") return reply(json::serialize(about(m_environment)));
  if (method == "numbers")
    return reply(json::serialize(success(json::object{{"samples", to_json(lane_samples(m_environment, m_count()))}})));
  if (method == "self_test") {
    if (!m_environment.self_test) {
      return reply(json::serialize(failure(404, "not_found", "this worker does not run in test mode")));
    }
    return m_environment.self_test(m_environment.loop, string_member(members, "errand"), std::move(reply));
  }
  Job job = store_job(m_environment, method, members);
  if (!job) return reply(json::serialize(failure(400, "bad_request", "unknown method")));
  ask_store(m_environment, std::move(job), std::move(reply));
}

}  // namespace tellina
