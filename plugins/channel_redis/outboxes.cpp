#include "outboxes.hpp"

#include <algorithm>

namespace tellina::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Below Lua's limit for unpack() of about 8000.
constexpr std::size_t most_in_batch = 500;
constexpr std::size_t most_bytes_in_batch = 1024 * 1024;
constexpr std::size_t most_bytes_at_once = 4 * 1024 * 1024;
/// Besides the capacity: how much of this process's memory one channel may use, in bytes.
constexpr std::size_t most_bytes_in_outbox = 64 * 1024 * 1024;
/// How long a channel's length from a reply of Redis is used, assuming that this many senders do the same at once.
constexpr milliseconds length_counts_for{1000};
constexpr std::size_t senders_at_once = 4;

}  // namespace

SendResult Outboxes::add(const std::string& channel, Bytes message) {
  bool may_be_sent = false;
  {
    std::lock_guard lock(m_mutex);
    std::unique_ptr<Outbox>& outbox = m_outboxes[channel];
    if (!outbox) {
      outbox = std::make_unique<Outbox>(channel);
    }
    if (outbox->messages.size() >= m_settings.capacity || outbox->bytes + message.size() > most_bytes_in_outbox) {
      return SendResult::full;
    }
    const bool was_empty = outbox->messages.empty();
    outbox->bytes += message.size();
    outbox->messages.push_back(std::move(message));
    if (was_empty) {
      may_be_sent = m_ready.empty();
      m_ready.push_back(outbox.get());
      if (m_outboxes.size() > m_forget_at) forget_idle();
    } else {
      may_be_sent = outbox->under_way > 0;
    }
  }
  if (may_be_sent) m_wake();
  return SendResult::accepted;
}

std::deque<Batch> Outboxes::take() {
  std::lock_guard lock(m_mutex);
  const auto now = steady_clock::now();
  std::erase_if(m_delayed, [&](Outbox* outbox) {
    if (outbox->retry_at > now) return false;
    m_ready.push_back(outbox);
    return true;
  });
  std::deque<Batch> batches;
  std::size_t bytes = 0;
  while (!m_ready.empty() && bytes < most_bytes_at_once) {
    Outbox& outbox = *m_ready.front();
    m_ready.pop_front();
    Batch batch(outbox);
    batch.may_have_run = outbox.in_doubt;
    batch.expects_mark = outbox.has_mark;
    // A batch that is sent again must be identical, because its number must not mean two things.
    const std::size_t most = outbox.in_doubt ? outbox.under_way : most_in_batch;
    for (const Bytes& message : outbox.messages) {
      const bool fits =
          batch.messages.empty() || outbox.in_doubt || batch.bytes + message.size() <= most_bytes_in_batch;
      if (batch.messages.size() == most || !fits) break;
      batch.messages.push_back(message);
      batch.bytes += message.size();
    }
    batch.fits = !outbox.in_doubt && now - outbox.length_known_at < length_counts_for &&
                 outbox.length + senders_at_once * batch.messages.size() <= m_settings.capacity / 2;
    if (!outbox.in_doubt) outbox.batch = ++m_last_batch;
    batch.number = outbox.batch;
    outbox.under_way = batch.messages.size();
    outbox.in_doubt = false;
    bytes += batch.bytes;
    batches.push_back(std::move(batch));
  }
  return batches;
}

void Outboxes::settle(const Batch& batch, std::size_t taken, std::size_t length) {
  std::lock_guard lock(m_mutex);
  Outbox& outbox = *batch.outbox;
  outbox.has_mark = true;
  outbox.length = length;
  outbox.length_known_at = steady_clock::now();
  outbox.last_error.clear();
  remove_front(outbox, std::min(taken, outbox.under_way));
  const bool is_full = taken < batch.messages.size();
  outbox.under_way = 0;
  if (outbox.messages.empty()) return;
  if (taken > 0) outbox.retry_wait = milliseconds(0);
  if (is_full)
    delay(outbox, milliseconds(5), milliseconds(100));
  else
    make_ready(outbox);
}

bool Outboxes::settle_refused(const Batch& batch, const std::string& error) {
  std::lock_guard lock(m_mutex);
  Outbox& outbox = *batch.outbox;
  mark_unrun(batch);
  delay(outbox, milliseconds(100), milliseconds(1000));
  if (outbox.last_error == error) return false;
  outbox.last_error = error;
  return true;
}

void Outboxes::settle_unrun(const Batch& batch) {
  std::lock_guard lock(m_mutex);
  mark_unrun(batch);
  make_ready(*batch.outbox);
}

void Outboxes::mark_unrun(const Batch& batch) {
  Outbox& outbox = *batch.outbox;
  outbox.length_known_at = {};
  // That this attempt did not run does not mean that no earlier attempt ran.
  outbox.in_doubt = batch.may_have_run;
  if (!batch.may_have_run) outbox.under_way = 0;
}

void Outboxes::settle_in_doubt(const Batch& batch) {
  std::lock_guard lock(m_mutex);
  batch.outbox->in_doubt = true;
  make_ready(*batch.outbox);
}

void Outboxes::drop(const Batch& batch) {
  std::lock_guard lock(m_mutex);
  remove_front(*batch.outbox, batch.outbox->under_way);
  batch.outbox->under_way = 0;
  if (!batch.outbox->messages.empty()) make_ready(*batch.outbox);
}

std::size_t Outboxes::drop_after_outage(bool may_ask, bool was_away_too_long) {
  std::lock_guard lock(m_mutex);
  std::size_t forgotten = 0;
  for (const auto& [channel, outbox] : m_outboxes) {
    if (!may_ask) outbox->has_mark = false;
    std::size_t count = 0;
    if (was_away_too_long)
      count = outbox->messages.size();
    else if (!may_ask && outbox->in_doubt)
      count = outbox->under_way;
    if (count == 0) continue;
    forgotten += count;
    remove_front(*outbox, count);
    outbox->in_doubt = false;
    outbox->under_way = 0;
  }
  std::erase_if(m_ready, [](const Outbox* outbox) { return outbox->messages.empty(); });
  std::erase_if(m_delayed, [](const Outbox* outbox) { return outbox->messages.empty(); });
  return forgotten;
}

std::optional<steady_clock::time_point> Outboxes::next_retry() {
  std::lock_guard lock(m_mutex);
  std::optional<steady_clock::time_point> next;
  for (const Outbox* outbox : m_delayed) next = next ? std::min(*next, outbox->retry_at) : outbox->retry_at;
  return next;
}

bool Outboxes::has_ready() {
  std::lock_guard lock(m_mutex);
  return !m_ready.empty();
}

bool Outboxes::is_empty() {
  std::lock_guard lock(m_mutex);
  return std::all_of(m_outboxes.begin(), m_outboxes.end(), [](const auto& it) { return it.second->messages.empty(); });
}

void Outboxes::make_ready(Outbox& outbox) { m_ready.push_back(&outbox); }

void Outboxes::delay(Outbox& outbox, milliseconds first, milliseconds longest) {
  outbox.retry_wait = std::clamp(2 * outbox.retry_wait, first, longest);
  outbox.retry_at = steady_clock::now() + outbox.retry_wait;
  m_delayed.push_back(&outbox);
}

void Outboxes::remove_front(Outbox& outbox, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    outbox.bytes -= outbox.messages.front().size();
    outbox.messages.pop_front();
  }
}

void Outboxes::forget_idle() {
  std::erase_if(m_outboxes, [](const auto& it) { return it.second->messages.empty(); });
  m_forget_at = std::max<std::size_t>(64, 2 * m_outboxes.size());
}

}  // namespace tellina::redis
