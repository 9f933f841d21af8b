#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tellina::test {

/// Listens like a Docker engine and sends the test's answers.
class FakeEngine {
 public:
  /// Gets a request's first line; returns the whole answer, or an empty text to never answer.
  using Answer = std::function<std::string(const std::string& request_line)>;

  /// How much of a request the answer depends on.
  enum class Part { first_line, all };

  explicit FakeEngine(Answer answer, Part part = Part::first_line);
  ~FakeEngine();
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  const std::string& socket() const { return m_path; }

  static std::string reply(int status, const std::string& body);
  /// The answer of the engine at `socket` to a whole request.
  static std::string forward(const std::string& socket, const std::string& request);

 private:
  void serve();

  const Answer m_answer;
  const Part m_part;
  std::string m_folder;
  std::string m_path;
  int m_listener = -1;
  int m_stop[2] = {-1, -1};
  std::thread m_thread;
};

}  // namespace tellina::test
