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

#include "tellina/clock.hpp"

namespace tellina {

/// How many unknown codes clients may send.
class LoginRates {
 public:
  LoginRates() = default;

  std::size_t per_address = 10;    ///< within `window`: of an IPv4 address, or of an IPv6 /64
  std::size_t per_site = 40;       ///< within `window`: of an IPv6 /48, which one site can have
  std::size_t per_provider = 400;  ///< within `window`: of an IPv6 /32, which one provider can have
  std::chrono::nanoseconds window{60'000'000'000};
  std::size_t at_once = 600;                   ///< of all addresses together, before each has to wait for its turn
  std::chrono::nanoseconds turn{100'000'000};  ///< between two turns
  std::chrono::nanoseconds longest_delay{20'000'000'000};  ///< until a turn; with more, the client has to wait
};

/// Counts a login when it is asked, and takes it back if its code was known. A login that would exceed a limit only
/// because of others under way waits for them, so that many people with known codes behind one address get in.
///
/// The bound for all addresses together delays logins instead of refusing them, in the order in which they came.
/// Addresses from which somebody has logged in do not wait for a turn.
///
/// Memory: a bucket exists while an unknown code of the last `window` counts in it, or a login under way. So there are
/// at most three for each code that may be tried in a window, which the rates bound; none is ever pushed out. The
/// addresses with logins and the waiting logins have bounds of their own (host/limits.hpp).
/// Threads: any. Answers are called without the lock: in ask(), or in another login's settle().
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
    std::optional<Ticket> ticket;   ///< for settle(); absent if the login is refused
    std::chrono::nanoseconds wait;  ///< with a ticket: before the code may be tried; else before the client may ask
  };
  using Answer = std::function<void(const Verdict&)>;

  explicit LoginLimiter(LoginRates rates) : m_rates(rates) {}

  /// Calls `answer` once, at once or later. If it has a ticket, the caller must settle() that.
  void ask(const boost::asio::ip::address& address, MonotonicTime now, Answer answer);
  /// Returns how long the address has to wait from now on, if it does.
  std::optional<std::chrono::nanoseconds> settle(Ticket ticket, Outcome outcome, MonotonicTime now);

  std::size_t buckets() const;
  void check_invariant() const;

 private:
  /// What counts for one address or network.
  class Bucket {
   public:
    std::size_t under_way = 0;
    std::deque<MonotonicTime> failures;  ///< when they were settled, oldest first
  };
  class Waiting {
   public:
    Waiting(boost::asio::ip::address address_, Answer answer_)
        : address(std::move(address_)), answer(std::move(answer_)) {}
    boost::asio::ip::address address;
    Answer answer;
  };
  class UnderWay {
   public:
    std::vector<std::string> keys;
  };
  using Decided = std::vector<std::pair<Answer, Verdict>>;

  /// Nothing while the login has to wait for others under way.
  std::optional<Verdict> decide(const boost::asio::ip::address& address, MonotonicTime now);
  std::optional<std::chrono::nanoseconds> locked_for(const std::vector<std::string>& keys, MonotonicTime now);
  /// Until a turn, for an address from which nobody has logged in.
  std::chrono::nanoseconds delay(MonotonicTime now) const;
  void remember(const std::string& key);
  void forget_old(MonotonicTime now);
  std::size_t limit_of(std::size_t level) const;

  const LoginRates m_rates;
  mutable std::mutex m_mutex;
  std::unordered_map<std::string, Bucket> m_buckets;
  std::size_t m_buckets_at_sweep = 0;
  MonotonicTime m_next_sweep{};
  std::map<Ticket, UnderWay> m_under_way;
  Ticket m_next_ticket = 1;
  std::list<Waiting> m_waiting;
  MonotonicTime m_next_turn{};     ///< of all addresses: when the turn after the last one given is due
  std::list<std::string> m_known;  ///< keys of addresses from which somebody has logged in, the latest first
  std::unordered_map<std::string, std::list<std::string>::iterator> m_known_places;
};

}  // namespace tellina
