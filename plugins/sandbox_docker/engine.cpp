#include "plugins/sandbox_docker/engine.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <sstream>

namespace tellina::docker_sandbox {

namespace http = boost::beast::http;

namespace {

constexpr int oldest_version = 40;  // of "1.40": Docker 19.03
constexpr int newest_version = 52;  // the version this was written for; newer engines also support it
/// Every engine can answer this. One that does not answer within this time hangs.
constexpr std::chrono::seconds ping_timeout{5};
constexpr std::size_t largest_answer = 16 * 1024 * 1024;

constexpr const char* start_engine =
    "start the Docker engine (systemctl start docker), or set its socket in sandbox.socket or DOCKER_HOST";
constexpr const char* restart_engine = "the Docker engine hangs: restart it (systemctl restart docker)";

void write_all(const Descriptor& socket, std::string_view bytes, const Deadline& deadline, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      deadline.wait_writable(socket.get(), what);
    } else if (errno != EINTR) {
      return;  // the engine has closed its end early; its answer says why
    }
  }
}

}  // namespace

std::string Engine::Answer::message() const {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  if (!error && value.is_object()) {
    const boost::json::value* const text = value.as_object().if_contains("message");
    if (text != nullptr && text->is_string()) return std::string(text->as_string());
  }
  const std::size_t end = body.find_last_not_of(" \r\n");
  return body.substr(0, std::min<std::size_t>(end == std::string::npos ? 0 : end + 1, 1000));
}

boost::json::value Engine::Answer::json(const std::string& what) const {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(body, error);
  if (error) throw Error(ErrorCode::internal, what + ": expected JSON from the Docker engine, got " + message());
  return value;
}

void Engine::fail_unavailable(const std::string& what, const std::string& why) const {
  throw Error(ErrorCode::unavailable, what + ": Docker engine at " + m_socket + ": " + why, start_engine);
}

Descriptor Engine::connect(const Deadline& deadline, const std::string& what) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (m_socket.size() >= sizeof address.sun_path) fail_unavailable(what, "expected a path of at most 107 bytes");
  m_socket.copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw system_error(what, errno);
  // If an engine accepts no connections, its backlog fills up, and connect() then waits for the send timeout.
  const auto left = std::max(deadline.left(), std::chrono::milliseconds(1));
  timeval time{};
  time.tv_sec = left.count() / 1000;
  time.tv_usec = left.count() % 1000 * 1000;
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  int error = 0;
  do {
    error = ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  } while (error == EINTR);
  if (error == 0) return socket;
  const std::string place = what + ": Docker engine at " + m_socket;
  if (error == EAGAIN) throw Error(ErrorCode::timed_out, place + ": it accepts no connection", restart_engine);
  if (error == EACCES || error == EPERM) {
    throw system_error(
        place, error, ErrorCode::permission_denied,
        "allow the user who runs tellina to use Docker (usermod -aG docker USER, then log in again), or run "
        "tellina as root");
  }
  throw system_error(place, error, ErrorCode::unavailable, start_engine);
}

Engine::Answer Engine::exchange(const std::string& verb, const std::string& target, const std::string& body,
                                const Deadline& deadline, const std::string& what) const {
  const Descriptor socket = connect(deadline, what);
  http::request<http::string_body> request(http::string_to_verb(verb), target, 11);
  request.set(http::field::host, "docker");
  request.set(http::field::connection, "close");
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  std::ostringstream text;
  text << request;

  http::response_parser<http::string_body> parser;
  parser.body_limit(largest_answer);
  try {
    write_all(socket, text.str(), deadline, what);
    std::string buffer;
    boost::system::error_code error;
    while (!parser.is_done()) {
      deadline.wait_readable(socket.get(), what);
      char bytes[16 * 1024];
      const ssize_t count = ::recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (count <= 0) {
        // put_eof() may only be called after the parser has got bytes.
        if (parser.got_some()) parser.put_eof(error);
        if (error || !parser.is_done()) fail_unavailable(what, "it closed the connection during a request");
        break;
      }
      buffer.append(bytes, static_cast<std::size_t>(count));
      for (std::size_t used = 1; used > 0 && !buffer.empty() && !parser.is_done(); buffer.erase(0, used)) {
        used = parser.put(boost::asio::buffer(buffer), error);
        if (error == http::error::need_more) error = {};
        if (error) {
          throw Error(ErrorCode::incompatible, what + ": " + m_socket + ": expected HTTP, got " + error.message(),
                      "sandbox.socket must be the socket of the Docker engine");
        }
      }
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::timed_out) throw;
    throw Error(ErrorCode::timed_out, what + ": Docker engine at " + m_socket + ": no answer in time", restart_engine);
  }
  return Answer(parser.get().result_int(), std::move(parser.get().body()));
}

std::string Engine::ask_version(const Deadline& deadline) const {
  const std::string what = "ask for the version";
  const Answer answer = exchange("GET", "/version", "", deadline.within(ping_timeout), what);
  if (!answer.is_good()) fail(answer, what);
  const boost::json::value value = answer.json(what);
  const boost::json::value* const found = value.is_object() ? value.as_object().if_contains("ApiVersion") : nullptr;
  const std::string version = found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
  int minor = 0;
  if (version.starts_with("1.")) std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  if (minor < oldest_version) {
    throw Error(ErrorCode::incompatible,
                "Docker engine at " + m_socket + ": expected version 1." + std::to_string(oldest_version) +
                    " or newer of its API, got \"" + version + "\"",
                "install Docker 19.03 or newer");
  }
  return "1." + std::to_string(std::min(minor, newest_version));
}

void Engine::check(const Deadline& deadline) {
  std::string version = ask_version(deadline);
  const std::lock_guard lock(m_mutex);
  m_version = std::move(version);
}

std::string Engine::version(const Deadline& deadline) {
  {
    const std::lock_guard lock(m_mutex);
    if (!m_version.empty()) return m_version;
  }
  check(deadline);
  const std::lock_guard lock(m_mutex);
  return m_version;
}

Engine::Answer Engine::call(const std::string& verb, const std::string& target, const std::string& body,
                            const Deadline& deadline, const std::string& what) {
  Answer answer = exchange(verb, "/v" + version(deadline) + target, body, deadline, what);
  if (answer.status != 400 || answer.message().find("API version") == std::string::npos) return answer;
  // Another engine may have replaced it.
  check(deadline);
  return exchange(verb, "/v" + version(deadline) + target, body, deadline, what);
}

Engine::Answer Engine::get(const std::string& target, const Deadline& deadline, const std::string& what) {
  return call("GET", target, "", deadline, what);
}

Engine::Answer Engine::post(const std::string& target, const std::string& json, const Deadline& deadline,
                            const std::string& what) {
  return call("POST", target, json, deadline, what);
}

Engine::Answer Engine::remove(const std::string& target, const Deadline& deadline, const std::string& what) {
  return call("DELETE", target, "", deadline, what);
}

void Engine::fail(const Answer& answer, const std::string& what) const {
  const std::string message = answer.message();
  const std::string text =
      what + ": Docker engine at " + m_socket + ": " + std::to_string(answer.status) + ": " + message;
  if (message.find("no space left") != std::string::npos) {
    throw Error(ErrorCode::unavailable, text,
                "free space on the disk where Docker keeps its data (docker info names the folder, docker system df "
                "what fills it)");
  }
  switch (answer.status) {
    case 404:
      throw Error(ErrorCode::not_found, text);
    case 403:
      throw Error(ErrorCode::permission_denied, text);
    case 409:
      throw Error(ErrorCode::gone, text);
    case 503:
      throw Error(ErrorCode::unavailable, text);
    default:
      throw Error(ErrorCode::internal, text);
  }
}

}  // namespace tellina::docker_sandbox
