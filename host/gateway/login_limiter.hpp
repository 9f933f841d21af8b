#pragma once

/// Limits how many access codes clients can guess.

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/limits.hpp"
#include "tellina/clock.hpp"

namespace tellina {

/// How many unknown codes clients may send, and how often they may send one code.
class LoginRates {
 public:
  LoginRates() = default;

  std::size_t per_address = 10;    ///< within `window`: of an IPv4 address, or of an IPv6 /64
  std::size_t per_site = 40;       ///< within `window`: of an IPv6 /48, the size of one site's network
  std::size_t per_provider = 400;  ///< within `window`: of an IPv6 /32, the size of one provider's network
  std::chrono::nanoseconds window{60'000'000'000};
  std::size_t at_once = 600;  ///< from all addresses together, before each login has to wait for its turn
  std::chrono::nanoseconds turn{100'000'000};                       ///< between two turns
  std::chrono::nanoseconds longest_delay{20'000'000'000};           ///< until a turn; with more, the client has to wait
  std::size_t per_code = limits::login_burst;                       ///< logins with one code without a pause
  std::chrono::nanoseconds code_interval = limits::login_interval;  ///< between two of them after that
  std::chrono::nanoseconds longest_pause = limits::longest_login_pause;  ///< a login that has to wait longer is refused
};

/// The same for requests to join through the open link, of which each counts.
inline LoginRates join_rates() {
  LoginRates rates;
  rates.per_address = limits::joins_per_address;
  rates.per_site = limits::joins_per_site;
  rates.per_provider = limits::joins_per_provider;
  return rates;
}

/// Counts a login when it arrives, and no longer once its code turns out to be known. A login that would exceed a limit
/// only because of pending logins waits for them, so that many people with known codes can log in from one address.
///
/// The limit for all addresses together delays logins in order of arrival instead of refusing them. Addresses from
/// which somebody has logged in do not wait for a turn.
///
/// Memory: a bucket exists while it counts a pending login, or an unknown code of the last `window`. So there are at
/// most three for each code that may be tried in a window, and the rates limit the number of these codes. No bucket is
/// evicted. The addresses with logins and the waiting logins have their own limits (host/limits.hpp).
/// Threads: any. Calls answers without holding the lock: in ask(), or in another login's finish().
class LoginLimiter {
 public:
  using Ticket = std::uint64_t;
  enum class Outcome {
    known,      ///< the code was known
    unknown,    ///< the code was not known
    not_tried,  ///< nothing has tried the code
  };

  class Verdict {
   public:
    Verdict(std::optional<Ticket> ticket_, std::chrono::nanoseconds wait_) : ticket(ticket_), wait(wait_) {}
    std::optional<Ticket> ticket;  ///< for finish(); absent if the login is refused
    std::chrono::nanoseconds
        wait;  ///< with a ticket: before the code may be tried; otherwise before the client may retry
  };
  using Answer = std::function<void(const Verdict&)>;

  explicit LoginLimiter(LoginRates rates) : m_rates(rates) {}

  /// Calls `answer` exactly once, at once or later. If the verdict has a ticket, the caller must call finish() with it.
  void ask(const boost::asio::ip::address& address, MonotonicTime now, Answer answer);
  /// Returns how long the address now has to wait, if it does.
  std::optional<std::chrono::nanoseconds> finish(Ticket ticket, Outcome outcome, MonotonicTime now);

  std::size_t buckets() const;
  void check_invariant() const;

 private:
  /// The counts of one address or network.
  class Bucket {
   public:
    std::size_t pending = 0;
    std::deque<MonotonicTime> failures;  ///< when they failed, oldest first
  };
  class Waiting {
   public:
    Waiting(boost::asio::ip::address address_, Answer answer_)
        : address(std::move(address_)), answer(std::move(answer_)) {}
    boost::asio::ip::address address;
    Answer answer;
  };
  class Pending {
   public:
    std::vector<std::string> keys;
  };
  using Decided = std::vector<std::pair<Answer, Verdict>>;

  /// Nothing while the login has to wait for pending ones.
  std::optional<Verdict> decide(const boost::asio::ip::address& address, MonotonicTime now);
  std::optional<std::chrono::nanoseconds> retry_after(const std::vector<std::string>& keys, MonotonicTime now);
  /// The time until the turn of an address from which nobody has logged in.
  std::chrono::nanoseconds delay(MonotonicTime now) const;
  void remember(const std::string& key);
  void forget_old(MonotonicTime now);
  std::size_t limit_of(std::size_t level) const;

  const LoginRates m_rates;
  mutable std::mutex m_mutex;
  std::unordered_map<std::string, Bucket> m_buckets;
  std::size_t m_buckets_at_sweep = 0;
  MonotonicTime m_next_sweep{};
  std::map<Ticket, Pending> m_pending;
  Ticket m_next_ticket = 1;
  std::list<Waiting> m_waiting;
  MonotonicTime m_next_turn{};     ///< for all addresses: when the next turn is due
  std::list<std::string> m_known;  ///< keys of addresses with a successful login, latest first
  std::unordered_map<std::string, std::list<std::string>::iterator> m_known_places;
};

}  // namespace tellina
