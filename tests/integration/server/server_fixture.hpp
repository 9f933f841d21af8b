#pragma once

/// A study in a temporary folder, served by the real program.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/server_process.hpp"
#include "support/study_database.hpp"
#include "support/test_client.hpp"

namespace tellina::testing {

/// AddressSanitizer keeps freed memory and makes everything several times slower.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

/// The two tasks of the repository's config.json.
inline constexpr const char* both_tasks = R"([
    {
      "type": "stdout",
      "description": "enter 'echo hello world'",
      "initial_filesystem": {"ignore_me.txt": null},
      "answer": "hello world"
    },
    {
      "type": "filesystem",
      "description": "create a file named hello.txt in dir1/dir2",
      "initial_filesystem": {"dir1": {"file.txt": null, "dir2": {}}},
      "answer": {"dir1": {"file.txt": null, "dir2": {"hello.txt": null}}}
    }
  ])";

class StudyConfig {
 public:
  StudyConfig() = default;
  std::vector<std::string> access_codes{"bob", "alice"};
  double task_duration_in_seconds = 600;
  std::string tasks = both_tasks;
  std::string more;  ///< more members, each followed by a comma
  std::string text() const;
};

class ServerTest : public ::testing::Test {
 protected:
  ~ServerTest() override;
  void configure(const StudyConfig& config) { write_text(folder() / "config.json", config.text()); }
  /// Starts the server again, after the previous one has ended. `options`: more command-line words. `config`: a file in
  /// folder().
  void start(const std::vector<std::string>& options = {}, const std::string& config = "config.json");
  void start(const StudyConfig& config);
  /// Starts it through a shell that runs `limits` first, such as "ulimit -n 160".
  void start_limited(const std::string& limits, const StudyConfig& config);
  /// Sends SIGINT; the exit status must be 0 within 5 s.
  void stop();
  /// A logged-in client that has received the welcome.
  TestClient join(const std::string& access_code = "bob");
  /// A client that has started the task and has a prompt.
  TestClient join_task(const std::string& access_code = "bob", int task = 1);
  /// Waits until the client has all output, and the database too.
  void settle(TestClient& client, const std::string& access_code = "bob", int task = 1);
  /// The client's streams, which it has received from their beginning, must equal those in the database, byte for byte.
  void expect_recorded(TestClient& client, const std::string& access_code = "bob", int task = 1);
  /// Whether the server's log has a text this many times, in time.
  bool server_says(const std::string& text, int times = 1);

  const std::filesystem::path& folder() const { return m_folder.path(); }
  virtual std::filesystem::path database_file() const { return folder() / "db.sqlite3"; }
  StudyDatabase database() const { return StudyDatabase(database_file()); }
  ServerProcess& server() { return *m_server; }

 private:
  TemporaryFolder m_folder;
  std::optional<ServerProcess> m_server;
};

}  // namespace tellina::testing
