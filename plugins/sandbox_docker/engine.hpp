#pragma once

#include <boost/json/value.hpp>
#include <mutex>
#include <string>

#include "plugins/sandbox_common/deadline.hpp"

namespace tellina::docker_sandbox {

using namespace sandbox_common;

/// The Docker Engine API over the engine's unix socket, with one connection for each request.
///
/// Threads: any. Throws Error, with a remedy if there is one: unavailable (no engine), permission_denied, incompatible,
/// timed_out (it hangs).
class Engine {
 public:
  class Answer {
   public:
    Answer(unsigned status_, std::string body_) : status(status_), body(std::move(body_)) {}
    unsigned status;
    std::string body;

    bool is_good() const { return status >= 200 && status < 400; }
    /// The text of an error response; the engine sends some as JSON and some as plain text.
    std::string message() const;
    /// Throws Error(internal) if the body is not JSON.
    boost::json::value json(const std::string& what) const;
  };

  explicit Engine(std::string socket) : m_socket(std::move(socket)) {}

  /// Asks for the API version of the engine. Throws Error(incompatible) if it is too old.
  void check(const Deadline& deadline);

  /// `target` starts after the version: "/containers/json". Every status counts as an answer.
  Answer get(const std::string& target, const Deadline& deadline, const std::string& what);
  Answer post(const std::string& target, const std::string& json, const Deadline& deadline, const std::string& what);
  Answer remove(const std::string& target, const Deadline& deadline, const std::string& what);

  /// Throws the error for an answer: "WHAT: 500: no space left on device".
  [[noreturn]] void fail(const Answer& answer, const std::string& what) const;

  const std::string& socket() const { return m_socket; }

 private:
  Answer call(const std::string& verb, const std::string& target, const std::string& body, const Deadline& deadline,
              const std::string& what);
  Answer exchange(const std::string& verb, const std::string& target, const std::string& body, const Deadline& deadline,
                  const std::string& what) const;
  Descriptor connect(const Deadline& deadline, const std::string& what) const;
  std::string version(const Deadline& deadline);
  std::string ask_version(const Deadline& deadline) const;
  [[noreturn]] void fail_unavailable(const std::string& what, const std::string& why) const;

  const std::string m_socket;
  std::mutex m_mutex;
  std::string m_version;  ///< empty until it is known
};

}  // namespace tellina::docker_sandbox
