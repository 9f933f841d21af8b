#pragma once

/// One login or join: waits for the limiter, asks a worker, and answers the client.

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "host/gateway/lane.hpp"
#include "host/gateway/login_limiter.hpp"
#include "host/gateway/routes.hpp"
#include "host/gateway/session_cookies.hpp"
#include "host/wire/worker_requests.hpp"

namespace tellina {

class LoginRequest {
 public:
  WorkerRequest question{WorkerRequest::Method::login};  ///< or a join
  boost::asio::ip::address address;                      ///< of the client
  std::string cookie_header;
  CookieScope scope;
};

/// States: queued (the limiter has not decided) -> delayed (until its turn) -> asked (a worker checks it) ->
/// answered. Threads: the lane's loop. The limiter, the timer or the pending request to a worker keeps it alive.
class LoginAttempt final : public LaneMember {
 public:
  LoginAttempt(std::shared_ptr<Lane> lane, LoginRequest request, Answer answer);
  ~LoginAttempt() override;

  void start();
  /// The gateway is stopping: responds with 503 unless a worker is already checking it.
  void close_gracefully() override;
  void close_now() override { close_gracefully(); }

 private:
  enum class State { queued, delayed, asked, answered };

  void on_verdict(const LoginLimiter::Verdict& verdict);
  void ask_worker();
  void on_reply(const WorkerReply& reply);
  bool is_join() const { return m_request.question.method == WorkerRequest::Method::join; }
  LoginLimiter& limiter() const;
  std::optional<std::chrono::nanoseconds> finish_ticket(LoginLimiter::Outcome outcome);
  /// How long a login with this code has to wait besides; nothing if there are too many.
  std::optional<std::chrono::nanoseconds> reserve_pace() const;
  void log_refusal(const WorkerReply& reply, std::optional<std::chrono::nanoseconds> wait) const;
  bool is_waiting() const;
  void enter(State state);
  void finish(Response response);

  const std::shared_ptr<Lane> m_lane;
  const LoginRequest m_request;
  const Answer m_answer;
  const std::unique_ptr<Loop::Timer> m_timer;
  State m_state = State::queued;
  LoginLimiter::Ticket m_ticket = 0;
};

}  // namespace tellina
