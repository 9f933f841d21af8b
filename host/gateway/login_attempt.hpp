#pragma once

/// One login: waits for the limiter, asks a worker, and answers the client.

#include <boost/asio/ip/address.hpp>

#include <memory>
#include <string>

#include "host/gateway/lane.hpp"
#include "host/gateway/login_limiter.hpp"
#include "host/gateway/routes.hpp"
#include "host/gateway/session_cookies.hpp"

namespace tellina {

class LoginRequest {
 public:
  std::string access_code;
  boost::asio::ip::address address;  ///< of the client
  std::string cookie_header;
  CookieScope scope;
};

/// States: queued (the limiter has not decided) -> delayed (until its turn) -> asked (a worker checks the code) ->
/// answered. Threads: the lane's loop. The limiter, the timer or the pending request to a worker keeps it alive.
class LoginAttempt final : public LaneMember {
 public:
  LoginAttempt(std::shared_ptr<Lane> lane, LoginRequest request, Answer answer);
  ~LoginAttempt() override;

  void start();
  /// The gateway is stopping: responds with 503 unless a worker is already checking the code.
  void close_gracefully() override;
  void close_now() override { close_gracefully(); }

 private:
  enum class State { queued, delayed, asked, answered };

  void on_verdict(const LoginLimiter::Verdict& verdict);
  void ask_worker();
  void on_reply(const WorkerReply& reply);
  void note_unknown_code();
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
