/// What participants type as a secret, with real programs in real sandboxes.

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <regex>
#include <utility>

#include "host/text/sha256.hpp"
#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* not_isolated = R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true}, )";

/// The end of a pty that programs have, of which a shell has printed the name.
class OtherEnd {
 public:
  explicit OtherEnd(const std::string& printed) {
    std::smatch found;
    if (!std::regex_search(printed, found, std::regex("/dev/pts/[0-9]+"))) throw std::runtime_error("no terminal");
    m_descriptor = ::open(found.str().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (m_descriptor < 0) throw std::runtime_error("cannot open " + found.str());
  }
  OtherEnd(const OtherEnd&) = delete;
  OtherEnd& operator=(const OtherEnd&) = delete;
  ~OtherEnd() { ::close(m_descriptor); }
  bool echoes() const {
    termios modes{};
    return ::tcgetattr(m_descriptor, &modes) != 0 || (modes.c_lflag & ECHO) != 0;
  }

 private:
  int m_descriptor = -1;
};

class Masking : public ServerTest {
 protected:
  /// Types a command, and waits until its program has switched the echo of the terminal off.
  void begin(TestClient& client, const std::string& command) {
    ++m_begun;
    // A program prints its prompt before it sets the modes, so its prompt does not say that it has.
    client.type("t=$(tty); (until stty -a <$t | grep -q ' -echo '; do sleep 0.02; done; echo rea''dy" +
                std::to_string(m_begun) + ") & " + command + "\r");
    client.expect("ready" + std::to_string(m_begun));
  }
  /// All bytes that the server has written: the database, its log of commits, and the server's own log.
  std::string everything() {
    std::string all = server().errors();
    for (const char* suffix : {"", "-wal", "-shm"}) all += read_text(database_file().string() + suffix);
    return all;
  }
  std::string recorded_input(TestClient& client) {
    settle(client);
    EXPECT_TRUE(client.wait_until([&] { return database().stream("input", "bob", 1).size() >= client.input_end(); },
                                  std::chrono::seconds(5)));
    return database().stream("input", "bob", 1);
  }
  int m_begun = 0;
};

TEST_F(Masking, SecretsAreNowhereAndProgramsGetThem) {
  start(StudyConfig());
  TestClient client = join_task();
  const std::string secret = "open-sesame-1";
  begin(client, "read -s x; printf %s \"$x\" | sha256sum");
  client.type(secret + "\r");
  client.expect(sha256(secret));
  client.expect_prompt();
  begin(client, "stty -echo; cat | sha256sum; stty echo");
  client.type("open-sesame-2\ropen-sesame-3\r\x04");
  client.expect(sha256("open-sesame-2\nopen-sesame-3\n"));
  client.expect_prompt();
  client.run("echo visible-1");
  const std::string input = recorded_input(client);
  EXPECT_THAT(input, HasSubstr("sha256sum\r" + std::string(secret.size() + 1, '*') + "t=$(tty)"));
  EXPECT_THAT(input, HasSubstr("stty echo\r" + std::string(29, '*') + "echo visible-1"));
  EXPECT_EQ(database().value("SELECT group_concat(to_offset - from_offset) FROM masked_input"), "14,29");
  EXPECT_THAT(everything(), Not(HasSubstr("open-sesame")));
  EXPECT_THAT(everything(), HasSubstr("visible-1"));
  stop();
  EXPECT_THAT(everything(), Not(HasSubstr("open-sesame")));
}

TEST_F(Masking, ThePasswordForPasswdIsMasked) {
  start(StudyConfig());
  TestClient client = join_task();
  begin(client, "passwd");
  client.type("open-sesame\r");
  client.expect_prompt();
  EXPECT_EQ(database().value("SELECT group_concat(to_offset - from_offset) FROM masked_input"), "12");
  EXPECT_THAT(everything(), Not(HasSubstr("open-sesame")));
}

TEST_F(Masking, ThePromptOfPythonIsNotMasked) {
  StudyConfig config;
  config.more = not_isolated;
  start(config);
  TestClient client = join_task();
  begin(client, "python3");
  client.type("print('visible-5'); exit()\r");
  client.expect_prompt();
  EXPECT_THAT(recorded_input(client), HasSubstr("python3\rprint('visible-5'); exit()\r"));
  EXPECT_EQ(database().value("SELECT count(*) FROM masked_input"), "0");
}

/// The programs of this machine, in a sandbox without isolation.
TEST_F(Masking, WhatProgramsAskForAsAPasswordIsMasked) {
  StudyConfig config;
  config.more = not_isolated;
  start(config);
  TestClient client = join_task();
  client.run("tty");
  const OtherEnd terminal(client.output());
  for (const auto& [command, prompts] : std::initializer_list<std::pair<std::string, std::vector<std::string>>>{
           {"python3 -c 'import getpass; getpass.getpass()'", {"Password: "}},
           {"openssl passwd -6", {"Password: ", "Verifying"}},
           {"ssh-keygen -q -t ed25519 -f key", {"passphrase", "again"}}}) {
    SCOPED_TRACE(command);
    client.type(command + "\r");
    for (const std::string& prompt : prompts) {
      client.expect(prompt);
      // Most programs print the prompt before they set the modes.
      ASSERT_TRUE(client.wait_until([&] { return !terminal.echoes(); }));
      client.type("open-sesame\r");
    }
    client.expect_prompt();
  }
  EXPECT_THAT(recorded_input(client), Not(HasSubstr("open-sesame")));
  EXPECT_EQ(database().value("SELECT group_concat(to_offset - from_offset) FROM masked_input"), "12,12,12,12,12");
  EXPECT_THAT(everything(), Not(HasSubstr("open-sesame")));
}

TEST_F(Masking, ProgramsThatReadKeysAreNotMasked) {
  start(StudyConfig());
  TestClient client = join_task();
  for (const auto& [command, typed] :
       std::initializer_list<std::pair<std::string, std::string>>{{"read -sn1", "k"},
                                                                  {"read -s -n 8", "visibl-1"},
                                                                  {"read -sd:", "visible-2:"},
                                                                  {"vim note.txt", "ivisible-3\x1b:wq\r"},
                                                                  {"less /etc/passwd", "/visible-4\rq"},
                                                                  {"top", "q"}}) {
    SCOPED_TRACE(command);
    begin(client, command);
    client.type(typed);
    client.expect_prompt();
    EXPECT_THAT(recorded_input(client), HasSubstr(command + "\r" + typed));
  }
  EXPECT_EQ(database().value("SELECT count(*) FROM masked_input"), "0");
}

TEST_F(Masking, TextThatIsTypedAheadIsFound) {
  start(StudyConfig());
  TestClient client = join_task();
  client.type("sleep 0.5; read -s\r");
  client.expect("read -s\r\n");
  client.type("open-sesame\r");
  client.expect_prompt();
  EXPECT_THAT(recorded_input(client), HasSubstr("open-sesame"));
  EXPECT_EQ(database().value("SELECT count(*) FROM masked_input"), "0");
}

TEST_F(Masking, KeepRecordsWhatWasTyped) {
  StudyConfig config;
  config.more = R"("recording": {"secrets": "keep"}, )";
  start(config);
  TestClient client = join_task();
  begin(client, "read -s");
  client.type("open-sesame\r");
  client.expect_prompt();
  EXPECT_THAT(recorded_input(client), HasSubstr("open-sesame"));
  EXPECT_EQ(database().value("SELECT count(*) FROM masked_input"), "0");
}

}  // namespace
}  // namespace tellina::testing
