#include "host/gateway/login_attempt.hpp"

#include <algorithm>
#include <utility>

#include "host/gateway/address_key.hpp"
#include "host/runtime/assertion.hpp"
#include "host/runtime/log_event.hpp"

namespace tellina {
namespace {

/// Each join counts, because it may add a participant. A login counts if its code is unknown.
LoginLimiter::Outcome outcome_of(const WorkerReply& reply, bool is_join) {
  if (is_join) return reply.status < 500 ? LoginLimiter::Outcome::unknown : LoginLimiter::Outcome::not_tried;
  if (reply.status == 401) return LoginLimiter::Outcome::unknown;
  return reply.status == 200 ? LoginLimiter::Outcome::known : LoginLimiter::Outcome::not_tried;
}

}  // namespace

LoginAttempt::LoginAttempt(std::shared_ptr<Lane> lane, LoginRequest request, Answer answer)
    : m_lane(std::move(lane)),
      m_request(std::move(request)),
      m_answer(std::move(answer)),
      m_timer(m_lane->loop().make_timer()) {}

LoginAttempt::~LoginAttempt() { m_lane->remove(this); }

void LoginAttempt::start() {
  m_lane->add(self_of(this));
  m_lane->metrics().logins_waiting.add(1);
  // Another lane's login may cause the verdict, on that lane's thread. So the verdict is posted to this lane's loop.
  limiter().ask(m_request.address, m_lane->state().clock.now(),
                [&loop = m_lane->loop(), self = self_of(this)](const auto& verdict) mutable {
                  loop.post([self = std::move(self), verdict] { self->on_verdict(verdict); });
                });
}

LoginLimiter& LoginAttempt::limiter() const { return is_join() ? m_lane->state().joins : m_lane->state().logins; }

std::optional<std::chrono::nanoseconds> LoginAttempt::finish_ticket(LoginLimiter::Outcome outcome) {
  return limiter().finish(m_ticket, outcome, m_lane->state().clock.now());
}

std::optional<std::chrono::nanoseconds> LoginAttempt::reserve_pace() const {
  // The limiter counts each join.
  if (is_join()) return std::chrono::nanoseconds::zero();
  GatewayState& state = m_lane->state();
  return state.login_pace.reserve(m_request.question.access_code, state.clock.now());
}

void LoginAttempt::on_verdict(const LoginLimiter::Verdict& verdict) {
  TELLINA_ASSERT_PROCESS(m_state == State::queued || m_state == State::answered);
  GatewayState& state = m_lane->state();
  if (m_state == State::answered) {
    if (verdict.ticket) limiter().finish(*verdict.ticket, LoginLimiter::Outcome::not_tried, state.clock.now());
    return;
  }
  if (!verdict.ticket) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(verdict.wait).count();
    Response response =
        is_join() ? json_error(429, "too_many_joins", "too many people join at the same time: wait and try again")
                  : json_error(429, "too_many_failures", "too many unknown access codes: wait and try again");
    return finish(std::move(response.with("Retry-After", std::to_string(seconds))));
  }
  m_ticket = *verdict.ticket;
  m_state = State::delayed;
  const auto pause = reserve_pace();
  if (!pause) {
    finish_ticket(LoginLimiter::Outcome::not_tried);
    Response response = json_error(503, "busy", "too many logins with this access code: wait and try again");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(state.config.limits.logins.longest_pause).count();
    return finish(std::move(response.with("Retry-After", std::to_string(seconds))));
  }
  const std::chrono::nanoseconds wait = std::max(*pause, verdict.wait);
  if (wait.count() == 0) return ask_worker();
  if (verdict.wait.count() > 0) {
    state.client_log.warning(is_join() ? "join turns" : "login turns",
                             is_join() ? "many addresses join through the open link: each waits for its turn"
                                       : "many addresses send unknown access codes: logins from addresses without "
                                         "an earlier login wait for their turn",
                             state.clock.now());
  }
  m_timer->start(state.clock.now() + wait, [self = self_of(this)] { self->ask_worker(); });
}

void LoginAttempt::ask_worker() {
  if (m_state != State::delayed) return;
  enter(State::asked);
  m_lane->ask(m_request.question, [self = self_of(this)](const WorkerReply& reply) { self->on_reply(reply); });
}

void LoginAttempt::on_reply(const WorkerReply& reply) {
  TELLINA_ASSERT_PROCESS(m_state == State::asked);
  GatewayState& state = m_lane->state();
  const auto wait = finish_ticket(outcome_of(reply, is_join()));
  const bool was_tried = reply.status != 200 && outcome_of(reply, is_join()) == LoginLimiter::Outcome::unknown;
  if (was_tried) log_refusal(reply, wait);
  if (was_tried && !is_join()) m_lane->metrics().failed_logins.add();
  if (reply.status != 200) return finish(to_response(reply));
  if (reply.cookie.empty()) return finish(json_error(500, "internal", "the worker's answer has no cookie"));
  if (reply.is_new) LogEvent("participant_added").add_participant(reply.participant).write(state.log);
  LogEvent("logged_in").add_participant(reply.participant).write(state.log);
  Response response = to_response(reply);
  const std::string participant = reply.participant == 0 ? "" : std::to_string(reply.participant);
  for (std::string& cookie : login_cookies(m_request.cookie_header, participant, reply.cookie, m_request.scope)) {
    response.with("Set-Cookie", std::move(cookie));
  }
  finish(std::move(response));
}

void LoginAttempt::log_refusal(const WorkerReply& reply, std::optional<std::chrono::nanoseconds> wait) const {
  LogEvent event("login_refused");
  event.add("reason", error_code_of(reply)).add("address", address_key(m_request.address));
  if (wait) event.add("seconds_to_wait", *wait);
  event.write(m_lane->state().log, LogLevel::warning);
}

bool LoginAttempt::is_waiting() const { return m_state == State::queued || m_state == State::delayed; }

void LoginAttempt::enter(State state) {
  if (is_waiting()) m_lane->metrics().logins_waiting.add(-1);
  m_state = state;
}

void LoginAttempt::finish(Response response) {
  enter(State::answered);
  m_answer(std::move(response));
}

void LoginAttempt::close_gracefully() {
  if (!is_waiting()) return;
  const auto self = self_of(this);  // the timer may be the last to hold it
  if (m_state == State::delayed) {
    finish_ticket(LoginLimiter::Outcome::not_tried);
    m_timer->cancel();
  }
  finish(json_error(503, "busy", "the server is stopping"));
}

}  // namespace tellina
