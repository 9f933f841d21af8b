#include "host/selftest/self_test_worker.hpp"

#include <utility>

#include "host/limits.hpp"
#include "host/plugins/guard.hpp"
#include "host/selftest/test_study.hpp"
#include "host/wire/self_test_messages.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {
namespace {

Bytes success(std::string body) { return encode_reply(WorkerReply(200, std::move(body))); }

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

void SelfTestWorker::CollectingLog::write(LogLevel level, std::string_view text) {
  m_log.write(level, "self-test: " + std::string(text));
  if (level != LogLevel::warning && level != LogLevel::error) return;
  const std::lock_guard lock(m_mutex);
  if (m_lines.size() < limits::self_test_log_lines) m_lines.emplace_back(text);
}

void SelfTestWorker::CollectingLog::forget() {
  const std::lock_guard lock(m_mutex);
  m_lines.clear();
}

std::vector<std::string> SelfTestWorker::CollectingLog::lines() const {
  const std::lock_guard lock(m_mutex);
  return {m_lines.begin(), m_lines.end()};
}

SelfTestWorker::SelfTestWorker(SessionEnvironment& study)
    : m_pool(study.pool),
      m_study_store(study.store),
      m_sandboxes(study.sandboxes),
      m_random(study.random),
      m_sandbox_plugin(study.sandbox_plugin),
      m_sandbox_settings(study.sandbox_settings),
      m_backend_facts(study.backend_facts),
      m_shell_files(study.shell_files),
      m_prefix("self-test." + random_token(study.random, 8) + "."),
      m_log(study.log),
      m_store(Store::open(m_folder.file("self-test.sqlite3"), study.loop.clock(), study.log)),
      m_study(make_self_test_study(study.random)) {
  m_store->run([&](StoreTransaction& transaction) {
    transaction.sync_tasks(*m_study, "the self-test", Timestamp(study.loop.clock()));
  });
}

SelfTestWorker::~SelfTestWorker() = default;

SessionEnvironment SelfTestWorker::make_environment(Loop& loop, const std::string& worker) {
  SessionEnvironment environment(loop, m_pool, *m_store, m_sandboxes, m_random, m_log);
  environment.worker = worker;
  environment.sandbox_plugin = m_sandbox_plugin;
  environment.sandbox_settings = m_sandbox_settings;
  environment.backend_facts = m_backend_facts;
  environment.shell_files = m_shell_files;
  environment.study = m_study;
  environment.channel_prefix = m_prefix;
  environment.self_test = handler();
  m_workers.push_back(worker);
  return environment;
}

std::function<void(Loop&, const std::string&, SelfTestWorker::Reply)> SelfTestWorker::handler() {
  return [this](Loop& loop, const std::string& step, Reply reply) { answer(loop, step, std::move(reply)); };
}

void SelfTestWorker::answer(Loop& loop, const std::string& step, Reply reply) {
  if (step == self_test_step::begin) return begin(loop, reply);
  if (step == self_test_step::removed) return count_left(loop, reply);
  if (step == self_test_step::log) return reply(success(encode_log_lines(m_log.lines())));
  reply(failure(400, "bad_request", "unknown step"));
}

void SelfTestWorker::begin(Loop& loop, const Reply& reply) {
  m_log.forget();
  const std::string code = random_token(m_random);
  m_store->submit(
      [code, at = Timestamp(loop.clock())](StoreTransaction& transaction) { transaction.add_participant(code, at); },
      [this, &loop, code, reply](std::exception_ptr error) {
        SelfTestEntry entry;
        entry.channel_prefix = m_prefix;
        entry.access_code = code;
        const Bytes text = error ? failure(500, "internal", message_of(error)) : success(encode_self_test_entry(entry));
        loop.post([reply, text] { reply(text); });
      });
}

void SelfTestWorker::count_left(Loop& loop, const Reply& reply) {
  m_pool.submit(BlockingPool::Use::removal, [this, &loop, reply] {
    Bytes text;
    try {
      // A sweep may also find sandboxes of the study's dead workers. Those in use stay, because another worker adopts
      // them.
      std::vector<SandboxId> keep;
      m_study_store.run([&](StoreTransaction& transaction) { keep = transaction.find_sandboxes_in_use(); });
      std::size_t left = 0;
      for (const std::string& worker : m_workers) {
        left +=
            guard_plugin_call("sandbox \"" + m_sandbox_plugin + "\"", [&] { return m_sandboxes.sweep(worker, keep); });
      }
      text = success(encode_sandboxes_left(left));
    } catch (const std::exception& error) {
      text = failure(500, "internal", error.what());
    }
    loop.post([reply, text] { reply(text); });
  });
}

}  // namespace tellina
