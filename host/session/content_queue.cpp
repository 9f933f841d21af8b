#include "host/session/content_queue.hpp"

#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

constexpr std::chrono::milliseconds retry_interval{500};

std::size_t size_of(const std::vector<SharedContent>& batch) {
  std::size_t size = 0;
  for (const SharedContent& content : batch) size += content.bytes->size();
  return size;
}

}  // namespace

ContentQueue::ContentQueue(Loop& loop, Store& store, std::shared_ptr<LimitedLog> log)
    : m_loop(loop), m_store(store), m_log(std::move(log)) {}

ContentQueue::~ContentQueue() {
  m_lifeline.cut();
  auto rest = std::make_shared<Batch>();
  rest->assign(m_contents.begin(), m_contents.end());
  if (!rest->empty()) m_store.submit(job_for(rest), {});
}

bool ContentQueue::has_room_for(std::size_t bytes) const {
  return m_bytes <= limits::waiting_contents && bytes <= limits::waiting_contents - m_bytes;
}

void ContentQueue::add(SharedContent content) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(content.bytes && has_room_for(content.bytes->size()));
  m_bytes += content.bytes->size();
  m_contents.push_back(std::move(content));
  if (!m_batch) submit();
}

Store::Job ContentQueue::job_for(std::shared_ptr<const Batch> batch) {
  return [batch = std::move(batch)](StoreTransaction& transaction) {
    for (const SharedContent& content : *batch) transaction.keep_content(content.sha256, *content.bytes);
  };
}

void ContentQueue::submit() {
  if (!m_batch) {
    if (m_contents.empty()) return;
    auto batch = std::make_shared<Batch>();
    std::size_t size = 0;
    do {
      size += m_contents.front().bytes->size();
      batch->push_back(std::move(m_contents.front()));
      m_contents.pop_front();
    } while (!m_contents.empty() && size + m_contents.front().bytes->size() <= limits::content_commit);
    m_batch = std::move(batch);
  }
  m_store.submit_deferred(job_for(m_batch),
                          m_lifeline.posted(m_loop, [this](const std::exception_ptr& error) { completed(error); }));
}

void ContentQueue::completed(const std::exception_ptr& error) {
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_batch);
  try {
    if (error) std::rethrow_exception(error);
  } catch (const StoreError& failure) {
    if (failure.is_temporary()) {
      if (!m_retry) m_retry = m_loop.make_timer();
      return m_retry->start(m_loop.clock().now() + retry_interval, [this] { submit(); });
    }
    m_log->warning("contents", std::string("the record lacks contents of files: ") + failure.what(),
                   m_loop.clock().now());
  } catch (const std::exception& failure) {
    m_log->warning("contents", std::string("the record lacks contents of files: ") + failure.what(),
                   m_loop.clock().now());
  }
  m_bytes -= size_of(*std::exchange(m_batch, nullptr));
  submit();
}

void ContentQueue::check_invariant() const {
  TELLINA_ASSERT(m_batch || m_contents.empty());
  TELLINA_ASSERT(!m_batch || !m_batch->empty());
  TELLINA_ASSERT(m_bytes >= (m_batch ? size_of(*m_batch) : 0));
}

}  // namespace tellina
