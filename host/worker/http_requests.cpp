#include "host/worker/http_requests.hpp"

#include <boost/json.hpp>

#include <optional>
#include <utility>

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

/// A request that names no participant is of whom the cookie names.
bool is_of_another(ParticipantId participant, const std::string& expected) {
  return !expected.empty() && expected != participant_key(participant);
}

json::object authenticate(StoreTransaction& transaction, const std::string& cookie, const std::string& expected) {
  const auto participant = transaction.find_login(sha256_hex(cookie));
  if (!participant) return not_logged_in();
  if (is_of_another(*participant, expected)) return wrong_participant();
  return {{"status", 200}, {"body", json::object()}, {"participant", *participant}, {"affinity", *participant}};
}

/// The study's numbers, and which workers to ask for theirs.
json::object tell_study_numbers(StoreTransaction& transaction, const Study& study, const Store& store) {
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
  return {{"status", 200}, {"body", {{"samples", to_json(samples)}, {"workers", std::move(workers)}}}};
}

json::object describe_study(StoreTransaction& transaction, const std::string& cookie, const std::string& expected,
                            const Study& study) {
  const auto participant = transaction.find_login(sha256_hex(cookie));
  if (participant && is_of_another(*participant, expected)) return wrong_participant();
  const auto progress = participant ? transaction.find_progress(*participant) : std::nullopt;
  if (!progress) return not_logged_in();
  return {{"status", 200}, {"body", json::parse(state_json(study, *progress))}};
}

}  // namespace

void answer_http_request(SessionEnvironment& environment, const Bytes& question,
                         const std::function<MetricSamples()>& describe, std::function<void(Bytes)> reply) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(question), error);
  if (error || !value.is_object()) return reply(json::serialize(failure(400, "bad_request", "no JSON object")));
  const std::string method = string_member(value.get_object(), "method");
  const std::string cookie = string_member(value.get_object(), "cookie");
  const std::string expected = string_member(value.get_object(), "participant");
  const Timestamp now(environment.loop.clock());

  std::function<json::object(StoreTransaction&)> answer;
  if (method == "login") {
    answer = [code = string_member(value.get_object(), "access_code"),
              token = random_token(environment.random, cookie_bytes),
              now](StoreTransaction& transaction) { return log_in(transaction, code, token, now); };
  } else if (method == "authenticate") {
    answer = [cookie, expected](StoreTransaction& transaction) { return authenticate(transaction, cookie, expected); };
  } else if (method == "study") {
    answer = [cookie, expected, study = environment.study](StoreTransaction& transaction) {
      return describe_study(transaction, cookie, expected, *study);
    };
  } else if (method == "self_test") {
    if (environment.self_test) {
      return environment.self_test(environment.loop, string_member(value.get_object(), "errand"), std::move(reply));
    }
    return reply(json::serialize(failure(404, "not_found", "this worker does not run in test mode")));
  } else if (method == "about") {
    const json::object about{{"title", environment.study->title},
                             {"contact", environment.study->contact},
                             {"records_bytes", environment.keeps_bytes}};
    return reply(json::serialize(json::object{{"status", 200}, {"body", about}}));
  } else if (method == "study_numbers") {
    answer = [study = environment.study, &store = environment.store](StoreTransaction& transaction) {
      return tell_study_numbers(transaction, *study, store);
    };
  } else if (method == "numbers") {
    return reply(json::serialize(json::object{{"status", 200}, {"body", {{"samples", to_json(describe())}}}}));
  } else if (method == "alive") {
    return reply(json::serialize(json::object{{"status", 200}, {"body", json::object()}}));
  } else if (method == "ready") {
    answer = [](StoreTransaction&) { return json::object{{"status", 200}, {"body", json::object()}}; };
  } else {
    return reply(json::serialize(failure(400, "bad_request", "unknown method")));
  }

  const auto text = std::make_shared<Bytes>();
  environment.store.submit(
      [answer = std::move(answer), text](StoreTransaction& transaction) {
        *text = json::serialize(answer(transaction));
      },
      [&loop = environment.loop, text, reply = std::move(reply)](std::exception_ptr fault) {
        loop.post([text, reply, fault] {
          reply(fault ? Bytes(json::serialize(failure(503, "busy", "The database does not answer. Please try again.")))
                      : std::move(*text));
        });
      });
}

}  // namespace tellina
