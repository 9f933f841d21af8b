#include "host/gateway/login_limiter.hpp"

#include <algorithm>

#include "host/gateway/address_key.hpp"
#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina {
namespace {

namespace ip = boost::asio::ip;

/// The key of the address itself comes first.
std::vector<std::string> keys_of(const ip::address& address) {
  std::vector<std::string> keys{address_key(address)};
  if (address.is_v4() || address.to_v6().is_v4_mapped()) return keys;
  for (const std::size_t length : {48, 32}) {
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(length / 8), bytes.end(), 0);
    keys.push_back(ip::address_v6(bytes).to_string() + "/" + std::to_string(length));
  }
  return keys;
}

}  // namespace

std::size_t LoginLimiter::limit_of(std::size_t level) const {
  const std::size_t limits[] = {m_rates.per_address, m_rates.per_site, m_rates.per_provider};
  TELLINA_ASSERT_PROCESS(level < std::size(limits));
  return std::max<std::size_t>(limits[level], 1);
}

void LoginLimiter::ask(const ip::address& address, MonotonicTime now, Answer answer) {
  std::optional<Verdict> verdict;
  {
    std::lock_guard lock(m_mutex);
    verdict = decide(address, now);
    if (!verdict) {
      if (m_waiting.size() < limits::waiting_logins) {
        m_waiting.emplace_back(address, std::move(answer));
        return;
      }
      verdict.emplace(std::nullopt, limits::login_retry);
    }
  }
  answer(*verdict);
}

std::optional<LoginLimiter::Verdict> LoginLimiter::decide(const ip::address& address, MonotonicTime now) {
  std::vector<std::string> keys = keys_of(address);
  if (const auto wait = retry_after(keys, now)) return Verdict(std::nullopt, *wait);
  for (std::size_t level = 0; level < keys.size(); ++level) {
    const auto bucket = m_buckets.find(keys[level]);
    if (bucket == m_buckets.end()) continue;
    if (bucket->second.failures.size() + bucket->second.pending >= limit_of(level)) return std::nullopt;
  }
  const auto wait = m_known_places.contains(keys.front()) ? std::chrono::nanoseconds(0) : delay(now);
  if (wait > m_rates.longest_delay) return Verdict(std::nullopt, wait - m_rates.longest_delay);
  m_next_turn = std::max(m_next_turn, now) + m_rates.turn;
  forget_old(now);
  for (const std::string& key : keys) ++m_buckets[key].pending;
  const Ticket ticket = m_next_ticket++;
  m_pending[ticket].keys = std::move(keys);
  return Verdict(ticket, wait);
}

std::optional<std::chrono::nanoseconds> LoginLimiter::retry_after(const std::vector<std::string>& keys,
                                                                  MonotonicTime now) {
  std::optional<std::chrono::nanoseconds> longest;
  for (std::size_t level = 0; level < keys.size(); ++level) {
    const auto found = m_buckets.find(keys[level]);
    if (found == m_buckets.end()) continue;
    std::deque<MonotonicTime>& failures = found->second.failures;
    while (!failures.empty() && failures.front() + m_rates.window <= now) failures.pop_front();
    if (failures.size() < limit_of(level)) continue;
    longest = std::max(longest.value_or(std::chrono::nanoseconds(0)), failures.front() + m_rates.window - now);
  }
  return longest;
}

std::chrono::nanoseconds LoginLimiter::delay(MonotonicTime now) const {
  const auto saved = m_rates.turn * static_cast<std::int64_t>(m_rates.at_once - 1);
  return std::max(m_next_turn - now - saved, std::chrono::nanoseconds(0));
}

std::optional<std::chrono::nanoseconds> LoginLimiter::finish(Ticket ticket, Outcome outcome, MonotonicTime now) {
  Decided decided;
  std::optional<std::chrono::nanoseconds> wait;
  {
    std::lock_guard lock(m_mutex);
    const auto pending = m_pending.extract(ticket);
    TELLINA_ASSERT_PROCESS(!pending.empty());
    const std::vector<std::string>& keys = pending.mapped().keys;
    for (const std::string& key : keys) {
      Bucket& bucket = m_buckets.at(key);
      TELLINA_ASSERT_PROCESS(bucket.pending > 0);
      --bucket.pending;
      if (outcome == Outcome::unknown) bucket.failures.push_back(now);
      if (bucket.pending == 0 && bucket.failures.empty()) m_buckets.erase(key);
    }
    if (outcome != Outcome::unknown) m_next_turn -= m_rates.turn;
    if (outcome == Outcome::known) remember(keys.front());
    wait = retry_after(keys, now);
    for (auto each = m_waiting.begin(); each != m_waiting.end();) {
      const std::optional<Verdict> verdict = decide(each->address, now);
      if (verdict) decided.emplace_back(std::move(each->answer), *verdict);
      each = verdict ? m_waiting.erase(each) : std::next(each);
    }
    // Without a pending login, nothing would answer the waiting ones.
    TELLINA_ASSERT_PROCESS(!m_pending.empty() || m_waiting.empty());
  }
  for (const auto& [answer, verdict] : decided) answer(verdict);
  return wait;
}

void LoginLimiter::remember(const std::string& key) {
  if (const auto place = m_known_places.find(key); place != m_known_places.end()) {
    m_known.splice(m_known.begin(), m_known, place->second);
    return;
  }
  m_known.push_front(key);
  m_known_places[key] = m_known.begin();
  if (m_known.size() <= limits::known_addresses) return;
  m_known_places.erase(m_known.back());
  m_known.pop_back();
}

/// Examines all buckets once in each window, and when their number has doubled, so that the cost per login is constant.
void LoginLimiter::forget_old(MonotonicTime now) {
  const bool is_due = now >= m_next_sweep && m_buckets.size() >= limits::swept_login_buckets;
  if (!is_due && m_buckets.size() < 2 * std::max(m_buckets_at_sweep, limits::swept_login_buckets)) return;
  std::erase_if(m_buckets, [&](const auto& entry) {
    const Bucket& bucket = entry.second;
    return bucket.pending == 0 && (bucket.failures.empty() || bucket.failures.back() + m_rates.window <= now);
  });
  m_buckets_at_sweep = m_buckets.size();
  m_next_sweep = now + m_rates.window;
}

std::size_t LoginLimiter::buckets() const {
  std::lock_guard lock(m_mutex);
  return m_buckets.size();
}

void LoginLimiter::check_invariant() const {
  std::lock_guard lock(m_mutex);
  TELLINA_ASSERT_PROCESS(m_known.size() == m_known_places.size() && m_known.size() <= limits::known_addresses);
  TELLINA_ASSERT_PROCESS(m_waiting.size() <= limits::waiting_logins);
  std::size_t pending = 0;
  for (const auto& [ticket, login] : m_pending) pending += login.keys.size();
  std::size_t counted = 0;
  for (const auto& [key, bucket] : m_buckets) counted += bucket.pending;
  TELLINA_ASSERT_PROCESS(counted == pending);
}

}  // namespace tellina
