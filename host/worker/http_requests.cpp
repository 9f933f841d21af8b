#include "host/worker/http_requests.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <boost/json.hpp>

#include <optional>
#include <utility>
#include <variant>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/metric_samples.hpp"
#include "host/study/open_link.hpp"
#include "host/study/state_json.hpp"
#include "host/text/sha256.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

/// 256 bits: a cookie cannot be guessed, so the database can store its SHA-256 without a salt.
constexpr std::size_t cookie_bytes = 32;

WorkerReply success(std::string body = "{}") { return WorkerReply(200, std::move(body)); }

WorkerReply failure(int status, std::string_view code, std::string_view message) {
  return WorkerReply(status, error_body(code, message));
}

WorkerReply logged_in(StoreTransaction& transaction, ParticipantId participant, const std::string& cookie,
                      Timestamp at) {
  transaction.add_login(participant, sha256(cookie), at);
  WorkerReply reply = success(json::serialize(json::object{{"participant", participant_key(participant)}}));
  reply.participant = participant;
  reply.cookie = cookie;
  return reply;
}

WorkerReply log_in(StoreTransaction& transaction, const std::string& access_code, const std::string& cookie,
                   Timestamp at) {
  const auto participant = transaction.find_participant(access_code);
  if (!participant) return failure(401, "unknown_access_code", "This access code is unknown. Please check the link.");
  return logged_in(transaction, *participant, cookie, at);
}

WorkerReply no_open_link() { return failure(404, "not_found", "This study has no open link."); }

WorkerReply refusal_of(JoinResult::Kind kind) {
  switch (kind) {
    case JoinResult::Kind::taken:
      return failure(409, "already_joined",
                     "Someone has joined with this link before. Please continue in the browser that you used then.");
    case JoinResult::Kind::closed:
      return failure(403, "closed", "The study takes no new participants.");
    default:
      return failure(403, "full", "The study has as many participants as it needs.");
  }
}

WorkerReply join(StoreTransaction& transaction, const JoinRequest& request, const std::string& cookie, Timestamp at) {
  const JoinResult result = transaction.join(request, at);
  const bool is_new = result.kind == JoinResult::Kind::added;
  if (!is_new && result.kind != JoinResult::Kind::returned) return refusal_of(result.kind);
  WorkerReply reply = logged_in(transaction, result.participant, cookie, at);
  reply.is_new = is_new;
  return reply;
}

WorkerReply not_logged_in() { return failure(401, "not_logged_in", "Please open your link again."); }

WorkerReply wrong_participant() {
  return failure(403, "wrong_participant", "The cookie belongs to another participant. Please open your link again.");
}

/// Whether the request names another participant than its cookie. It may name none.
bool is_of_another(ParticipantId participant, const std::string& expected) {
  return !expected.empty() && expected != participant_key(participant);
}

WorkerReply authenticate(StoreTransaction& transaction, const std::string& cookie, const std::string& expected) {
  const auto participant = transaction.find_login(sha256(cookie));
  if (!participant) return not_logged_in();
  if (is_of_another(*participant, expected)) return wrong_participant();
  WorkerReply reply = success();
  reply.participant = *participant;
  reply.affinity = static_cast<std::uint64_t>(*participant);
  return reply;
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
      {"running", statistics.sandboxes_alive - statistics.sandboxes_ready},
      {"leaving", statistics.sandboxes_being_removed}};
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
  if (environment.plugin_figures) environment.plugin_figures->add_to(samples, environment.process);
  return samples;
}

/// The study's metrics, and the workers to ask for theirs.
WorkerReply study_numbers(StoreTransaction& transaction, const Study& study, const Store& store) {
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
  WorkerNumbers numbers;
  numbers.samples = samples.all();
  for (const std::string& worker : counts.workers) {
    if (worker.find(test_worker_mark) == std::string::npos) numbers.workers.push_back(worker);
  }
  return success(encode_numbers(numbers));
}

WorkerReply describe_study(StoreTransaction& transaction, const std::string& cookie, const std::string& expected,
                           const Study& study, const Clock& clock) {
  const auto participant = transaction.find_login(sha256(cookie));
  if (participant && is_of_another(*participant, expected)) return wrong_participant();
  const auto progress = participant ? transaction.find_progress(*participant) : std::nullopt;
  if (!progress) return not_logged_in();
  return success(state_json(study, *progress, clock.now()));
}

WorkerReply about(const SessionEnvironment& environment) {
  return success(json::serialize(json::object{{"title", environment.study->title},
                                              {"contact", environment.study->contact},
                                              {"records_bytes", environment.keeps_bytes},
                                              {"records_addresses", environment.study->design.records_addresses}}));
}

using Job = std::function<WorkerReply(StoreTransaction&)>;

/// What the store is asked, or the reply to a request that needs no store.
std::variant<JoinRequest, WorkerReply> read_join(const SessionEnvironment& environment, const WorkerRequest& request) {
  const Design& design = environment.study->design;
  if (!design.open_link) return no_open_link();
  boost::system::error_code error;
  const json::value parameters = json::parse(request.parameters, error);
  if (error || !parameters.is_object()) return failure(400, "bad_request", "expected an object as \"parameters\"");
  const EntrantResult read = read_entrant(*design.open_link, parameters.get_object());
  if (!read.entrant) return failure(400, "bad_id", read.fault);
  JoinRequest join_request;
  join_request.stage = design.stage;
  join_request.external_id = read.entrant->external_id;
  join_request.parameters = read.entrant->parameters;
  join_request.access_code = random_token(environment.random, limits::joined_code);
  for (const std::string& cookie : request.cookies) join_request.token_hashes.push_back(sha256(cookie));
  join_request.browser_key = request.browser_key;
  join_request.rejoins_anywhere = design.open_link->rejoins_anywhere;
  join_request.is_closed = is_entry_closed(design);
  join_request.limit = design.open_link->limit.value_or(limits::stage_participants);
  return join_request;
}

/// Replies with what the job returns, or with 503 if the store fails.
void ask_store(const SessionEnvironment& environment, Job job, HttpRequests::Reply reply) {
  const auto text = std::make_shared<Bytes>();
  environment.store.submit(
      [job = std::move(job), text](StoreTransaction& transaction) { *text = encode_reply(job(transaction)); },
      [&loop = environment.loop, text, reply = std::move(reply)](std::exception_ptr fault) {
        loop.post([text, reply, fault] {
          reply(fault ? encode_reply(failure(503, "busy", "The database does not answer. Please try again."))
                      : std::move(*text));
        });
      });
}

void answer_join(const SessionEnvironment& environment, const WorkerRequest& request, HttpRequests::Reply reply) {
  const auto read = read_join(environment, request);
  if (const auto* refusal = std::get_if<WorkerReply>(&read)) return reply(encode_reply(*refusal));
  ask_store(
      environment,
      [wanted = std::get<JoinRequest>(read), token = random_token(environment.random, cookie_bytes),
       now = Timestamp(environment.loop.clock())](StoreTransaction& transaction) {
        return join(transaction, wanted, token, now);
      },
      std::move(reply));
}

/// The store job for a request that needs the store.
Job store_job(const SessionEnvironment& environment, const WorkerRequest& request) {
  switch (request.method) {
    case WorkerRequest::Method::ready:
      return [](StoreTransaction&) { return success(); };
    case WorkerRequest::Method::study_numbers:
      return [study = environment.study, &store = environment.store](StoreTransaction& transaction) {
        return study_numbers(transaction, *study, store);
      };
    case WorkerRequest::Method::login:
      return [code = request.access_code, token = random_token(environment.random, cookie_bytes),
              now = Timestamp(environment.loop.clock())](StoreTransaction& transaction) {
        return log_in(transaction, code, token, now);
      };
    case WorkerRequest::Method::authenticate:
      return [request](StoreTransaction& transaction) {
        return authenticate(transaction, request.cookie, request.participant);
      };
    case WorkerRequest::Method::study:
      return [request, study = environment.study, &clock = environment.loop.clock()](StoreTransaction& transaction) {
        return describe_study(transaction, request.cookie, request.participant, *study, clock);
      };
    default:
      return {};
  }
}

}  // namespace

HttpRequests::HttpRequests(SessionEnvironment& environment, std::function<LaneCounts()> count)
    : m_environment(environment), m_count(std::move(count)) {
  TELLINA_ASSERT_PROCESS(m_count);
}

void HttpRequests::answer(const Bytes& body, Reply reply) const {
  const std::optional<WorkerRequest> request = decode_request(body);
  if (!request) return reply(encode_reply(failure(400, "bad_request", "unknown method")));
  switch (request->method) {
    case WorkerRequest::Method::alive:
      return reply(encode_reply(success()));
    case WorkerRequest::Method::about:
      return reply(encode_reply(about(m_environment)));
    case WorkerRequest::Method::open_link:
      return reply(encode_reply(m_environment.study->design.open_link ? success() : no_open_link()));
    case WorkerRequest::Method::join:
      return answer_join(m_environment, *request, std::move(reply));
    case WorkerRequest::Method::numbers: {
      WorkerNumbers numbers;
      numbers.samples = lane_samples(m_environment, m_count()).all();
      return reply(encode_reply(success(encode_numbers(numbers))));
    }
    case WorkerRequest::Method::self_test:
      if (!m_environment.self_test) {
        return reply(encode_reply(failure(404, "not_found", "this worker does not run in test mode")));
      }
      return m_environment.self_test(m_environment.loop, request->step, std::move(reply));
    default:
      break;
  }
  Job job = store_job(m_environment, *request);
  TELLINA_ASSERT(job);
  ask_store(m_environment, std::move(job), std::move(reply));
}

}  // namespace tellina
