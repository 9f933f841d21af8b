#include "host/bots/walker.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "host/client/failure.hpp"
#include "host/runtime/assertion.hpp"

namespace tellina::bots {
namespace {

namespace json = boost::json;

/// The shell's mark at the end of a prompt.
constexpr std::string_view prompt_mark = "\x1b]133;B";

constexpr std::chrono::seconds connection_limit{30};
/// How long a bot waits for a program that prints all the time.
constexpr std::chrono::minutes longest_output{10};

Bot::Refused refusal_of(const ErrorFrame& error, std::string_view text) {
  Bot::Refused refused{error.id, error.code, error.message};
  const json::object frame = json::parse(text).as_object();
  const json::value* const left = frame.if_contains("seconds_left");
  if (left && left->is_number()) refused.seconds_left = left->to_number<double>();
  const json::value* const fields = frame.if_contains("fields");
  if (!fields || !fields->is_array()) return refused;
  for (const json::value& field : fields->get_array()) {
    refused.fields.push_back(json::value_to<std::string>(field.at("name")));
  }
  return refused;
}

}  // namespace

Walker::Walker(Loop& loop, BlockingPool& pool, const client::Endpoint& endpoint, std::string access_code, Bot bot,
               std::function<void()> ended)
    : m_loop(loop),
      m_pool(pool),
      m_endpoint(endpoint),
      m_access_code(std::move(access_code)),
      m_bot(std::move(bot)),
      m_ended(std::move(ended)),
      m_wait(loop.make_timer()),
      m_pause_before_connection(loop.make_timer()) {
  m_client.name_sandboxes();
}

void Walker::start() { carry_out(m_bot.begin()); }

void Walker::interrupt() { carry_out(m_bot.give_up_walk("the run was interrupted")); }

// The bot.

void Walker::handle(Bot::Event event) {
  try {
    carry_out(m_bot.react(event));
  } catch (const std::exception& error) {
    // A state object is not as docs/protocol.md says.
    carry_out(m_bot.give_up_walk(std::string("expected a state that the protocol describes: ") + error.what()));
  }
}

void Walker::carry_out(const Bot::Actions& actions) {
  for (const Bot::Action& action : actions) {
    std::visit([this](const auto& one) { do_action(one); }, action);
  }
  if (m_watched && m_client.socket() && m_client.socket()->has_unsent()) await_room();
}

void Walker::do_action(const Bot::Say& say) { m_client.send_text(say.json); }

void Walker::do_action(const Bot::StartTask& start) { m_client.start_task(start.number, start.request); }

void Walker::do_action(const Bot::Type& keys) { m_client.type(keys.bytes); }

void Walker::do_action(const Bot::Pause& wait) {
  m_expected.reset();
  m_wait->start(m_loop.clock().now() + wait.time, [this] { handle(Bot::Rested()); });
}

void Walker::do_action(const Bot::Expect& wait) {
  const MonotonicTime now = m_loop.clock().now();
  m_expected.reset();
  if (wait.restarts) m_expected = wait;
  m_expected_until = now + longest_output;
  m_wait->start(now + wait.limit, [this] { handle(Bot::Overdue()); });
}

void Walker::do_action(const Bot::Reconnect& again) {
  drop_connection();
  m_pause_before_connection->start(m_loop.clock().now() + again.after, [this] { connect(); });
}

void Walker::do_action(const Bot::Leave&) {
  drop_connection();
  m_wait->cancel();
  m_pause_before_connection->cancel();
  m_loop.post(std::exchange(m_ended, [] {}));
}

// The connection.

void Walker::connect() {
  // A slow connection may still be under way; its result is the answer to this call too.
  if (std::exchange(m_is_connecting, true)) return;
  m_pool.submit(BlockingPool::Use::call, [this] {
    std::string failure;
    try {
      const client::WaitLimit limit(m_loop.clock(), connection_limit);
      if (m_cookie.empty()) m_cookie = client::log_in(m_endpoint, m_access_code, limit);
      m_client.open(m_endpoint, m_cookie, limit);
    } catch (const std::exception& error) {
      failure = *error.what() != '\0' ? error.what() : "no connection";
    }
    m_loop.post([this, failure] { connected(failure); });
  });
}

void Walker::connected(const std::string& failure) {
  m_is_connecting = false;
  if (m_bot.has_ended()) return m_client.cut();
  if (!failure.empty()) return handle(Bot::Disconnected{failure});
  Watched& watched = m_watched.emplace();
  watched.descriptor = Descriptor(::fcntl(m_client.socket()->descriptor(), F_DUPFD_CLOEXEC, 0));
  if (watched.descriptor.get() < 0) {
    m_watched.reset();
    m_client.cut();
    return handle(Bot::Disconnected{"no descriptor is left"});
  }
  watched.watch = m_loop.watch(watched.descriptor.get());
  m_tail.clear();
  m_client.send_hello();
  await_bytes();
}

void Walker::drop_connection() {
  m_watched.reset();
  // The pool has the client until it is connected.
  if (!m_is_connecting) m_client.cut();
}

void Walker::await_bytes() {
  m_watched->watch->when_readable([this] { read(); });
}

void Walker::await_room() {
  if (std::exchange(m_watched->awaits_room, true)) return;
  m_watched->watch->when_writable([this] {
    m_watched->awaits_room = false;
    m_client.flush();
    if (m_client.socket() && m_client.socket()->has_unsent()) await_room();
  });
}

void Walker::read() {
  TELLINA_ASSERT(m_arrived.empty());
  std::string failure;
  bool is_open = false;
  try {
    is_open = m_client.exchange();
  } catch (const client::ClientFailure& error) {
    failure = error.what();
  }
  for (Bot::Event& event : std::exchange(m_arrived, {})) handle(std::move(event));
  if (!failure.empty()) return carry_out(m_bot.give_up_walk(failure));
  if (m_bot.has_ended() || !m_watched) return;
  if (is_open) return await_bytes();
  lost();
}

void Walker::lost() {
  const int code = m_client.close_code();
  const std::string reason = code == 0 ? "an end without a close frame"
                                       : "the close code " + std::to_string(code) + " " + m_client.close_reason();
  drop_connection();
  handle(Bot::Disconnected{reason});
}

// What arrives, while the client reads: it must not be used then.

void Walker::on_output(std::string_view bytes) {
  if (m_expected) {
    const MonotonicTime next = m_loop.clock().now() + m_expected->limit;
    m_wait->start(std::min(next, m_expected_until), [this] { handle(Bot::Overdue()); });
  }
  m_tail.append(bytes);
  for (std::size_t found = m_tail.find(prompt_mark); found != std::string::npos; found = m_tail.find(prompt_mark)) {
    m_arrived.emplace_back(Bot::Prompted());
    m_tail.erase(0, found + prompt_mark.size());
  }
  if (m_tail.size() > prompt_mark.size()) m_tail.erase(0, m_tail.size() - prompt_mark.size());
}

void Walker::on_frame(const ServerFrame& frame, std::string_view text) {
  const auto state_of = [](const std::string& state) { return json::parse(state).as_object(); };
  if (const auto* welcome = std::get_if<WelcomeFrame>(&frame)) {
    m_arrived.emplace_back(Bot::Welcomed{state_of(welcome->state), welcome->id});
  } else if (const auto* change = std::get_if<StateFrame>(&frame)) {
    m_arrived.emplace_back(Bot::StateChanged{state_of(change->state)});
  } else if (const auto* done = std::get_if<DoneFrame>(&frame)) {
    m_arrived.emplace_back(Bot::Confirmed{done->id});
  } else if (const auto* error = std::get_if<ErrorFrame>(&frame)) {
    m_arrived.emplace_back(refusal_of(*error, text));
  } else if (std::holds_alternative<ReplacedFrame>(frame)) {
    m_arrived.emplace_back(Bot::Refused{{}, "replaced", "another client of the participant took over"});
  } else if (const auto* unknown = std::get_if<UnknownFrame>(&frame); unknown && unknown->type == "solution") {
    const json::object solution = json::parse(text).as_object();
    m_arrived.emplace_back(Bot::SolutionShown{json::serialize(solution.at("id")),
                                              json::value_to<std::vector<std::string>>(solution.at("lines"))});
  }
}

}  // namespace tellina::bots
