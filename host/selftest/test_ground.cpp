#include "host/selftest/test_ground.hpp"

#include <boost/json.hpp>

#include <utility>

#include "host/plugins/guard.hpp"
#include "host/selftest/test_study.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

namespace json = boost::json;

/// More would only hide the first ones.
constexpr std::size_t most_lines = 20;

Bytes success(const json::object& body) { return encode_reply(WorkerReply(200, json::serialize(body))); }

Bytes failure(int status, std::string_view code, std::string_view message) {
  return encode_reply(WorkerReply(status, error_body(code, message)));
}

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

}  // namespace

void TestGround::Witness::write(LogLevel level, std::string_view text) {
  m_log.write(level, "self-test: " + std::string(text));
  if (level != LogLevel::warning && level != LogLevel::error) return;
  const std::lock_guard lock(m_mutex);
  if (m_lines.size() < most_lines) m_lines.emplace_back(text);
}

void TestGround::Witness::forget() {
  const std::lock_guard lock(m_mutex);
  m_lines.clear();
}

std::vector<std::string> TestGround::Witness::lines() const {
  const std::lock_guard lock(m_mutex);
  return {m_lines.begin(), m_lines.end()};
}

TestGround::TestGround(SessionEnvironment& study)
    : m_pool(study.pool),
      m_study_store(study.store),
      m_sandboxes(study.sandboxes),
      m_random(study.random),
      m_sandbox_plugin(study.sandbox_plugin),
      m_prefix("self-test." + random_token(study.random, 8) + "."),
      m_log(study.log),
      m_store(Store::open(m_folder.file("self-test.sqlite3"), study.loop.clock(), study.log)),
      m_study(make_self_test_study(study.random)) {
  m_store->run([&](StoreTransaction& transaction) {
    transaction.sync_tasks(*m_study, "the self-test", Timestamp(study.loop.clock()));
  });
}

TestGround::~TestGround() = default;

SessionEnvironment TestGround::make_environment(Loop& loop, const std::string& worker) {
  SessionEnvironment environment(loop, m_pool, *m_store, m_sandboxes, m_random, m_log);
  environment.worker = worker;
  environment.sandbox_plugin = m_sandbox_plugin;
  environment.study = m_study;
  environment.channel_prefix = m_prefix;
  environment.self_test = desk();
  m_workers.push_back(worker);
  return environment;
}

std::function<void(Loop&, const std::string&, TestGround::Reply)> TestGround::desk() {
  return [this](Loop& loop, const std::string& errand, Reply reply) { answer(loop, errand, std::move(reply)); };
}

void TestGround::answer(Loop& loop, const std::string& errand, Reply reply) {
  if (errand == "begin") return begin(loop, reply);
  if (errand == "removed") return count_left(loop, reply);
  if (errand == "log") return reply(success({{"lines", json::value_from(m_log.lines())}}));
  reply(failure(400, "bad_request", "unknown errand"));
}

void TestGround::begin(Loop& loop, const Reply& reply) {
  m_log.forget();
  const std::string code = random_token(m_random);
  m_store->submit(
      [code, at = Timestamp(loop.clock())](StoreTransaction& transaction) { transaction.add_participant(code, at); },
      [this, &loop, code, reply](std::exception_ptr error) {
        const Bytes text = error ? failure(500, "internal", message_of(error))
                                 : success({{"channel_prefix", m_prefix}, {"access_code", code}});
        loop.post([reply, text] { reply(text); });
      });
}

void TestGround::count_left(Loop& loop, const Reply& reply) {
  m_pool.submit(BlockingPool::Use::removal, [this, &loop, reply] {
    Bytes text;
    try {
      // A sweep may also find what dead workers of the study left: what somebody will adopt stays.
      std::vector<SandboxId> keep;
      m_study_store.run([&](StoreTransaction& transaction) { keep = transaction.find_sandboxes_in_use(); });
      std::size_t left = 0;
      for (const std::string& worker : m_workers) {
        left +=
            guard_plugin_call("sandbox \"" + m_sandbox_plugin + "\"", [&] { return m_sandboxes.sweep(worker, keep); });
      }
      text = success({{"left", left}});
    } catch (const std::exception& error) {
      text = failure(500, "internal", error.what());
    }
    loop.post([reply, text] { reply(text); });
  });
}

}  // namespace tellina
