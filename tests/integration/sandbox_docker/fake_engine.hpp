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

  explicit FakeEngine(Answer answer);
  ~FakeEngine();
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  const std::string& socket() const { return m_path; }

  static std::string reply(int status, const std::string& body);

 private:
  void serve();

  const Answer m_answer;
  std::string m_folder;
  std::string m_path;
  int m_listener = -1;
  int m_stop[2] = {-1, -1};
  std::thread m_thread;
};

}  // namespace tellina::test
