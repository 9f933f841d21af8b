/// Which plugins each command opens, and what it says about one that ends or blocks its process.

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <set>
#include <sstream>
#include <thread>

#include "host/cli/program.hpp"
#include "host/limits.hpp"
#include "host/plugins/apart.hpp"
#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "support/server_process.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string bad(const std::string& name) { return BAD_FOLDER "/" + name; }
std::string bad_file(const std::string& name) { return bad(name) + "/" + name + ".so"; }
std::string fault_of(const std::string& name, const std::string& fault) {
  return bad_file(name) + ": expected a plugin that can be opened, found one that " + fault;
}

const std::string aborts = "kills its process with signal 6 (Aborted)";
const std::string exits = "ends its process with exit status 3";
const std::string hangs = "does not return within 5 s";

class OpeningTest : public ::testing::Test {
 protected:
  /// Runs a command with the built-in plugins and those that end or block the process that opens them.
  int run(std::vector<std::string> words) {
    words.insert(words.end(), {"--plugin-dir", plugin_folder()});
    for (const char* name : {"aborts", "exits", "hangs"}) words.insert(words.end(), {"--plugin-dir", bad(name)});
    m_out.str("");
    m_err.str("");
    CommandContext context(m_out, m_err, m_host.clock, m_host.random, m_host.log);
    return run_program(words, Runners(), context);
  }

  std::string write_config(const std::string& members) {
    const auto file = m_folder.path() / "config.json";
    write_text(file, "{" + members + R"("sandbox": {"plugin": "process", "i_know_this_is_not_isolated": true},
      "access_codes": ["bob"], "task_duration_in_seconds": 60,
      "tasks": [{"type": "stdout", "description": "d", "answer": "x\n"}]})");
    return file;
  }

  PluginHost m_host;
  TemporaryFolder m_folder;
  std::ostringstream m_out;
  std::ostringstream m_err;
};

TEST_F(OpeningTest, OnlyTheNamedPluginsAreOpened) {
  const std::string config = write_config("");
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(run({"config", "check", "--config", config}), 0) << m_err.str();
  EXPECT_THAT(m_err.str(), Not(HasSubstr(BAD_FOLDER)));
  EXPECT_EQ(run({"participants", "list", "--config", config}), 0) << m_err.str();
  EXPECT_LT(std::chrono::steady_clock::now() - began, limits::plugin_opening) << "the one that hangs was opened";
}

TEST_F(OpeningTest, AServerStartsBesidePluginsThatCannotBeOpened) {
  write_config("\"plugins\": [\"" + bad("aborts") + "\", \"" + bad("exits") + "\", \"" + bad("hangs") + "\"], ");
  const ServerProcess server(program_file(), m_folder.path());
  EXPECT_GT(server.port(), 0);
}

TEST_F(OpeningTest, TheConfigurationNamesFoldersOfPlugins) {
  std::filesystem::copy(bad("good"), m_folder.path() / "acme");
  CommandContext context(m_out, m_err, m_host.clock, m_host.random, m_host.log);
  const auto check = [&](const std::string& members) {
    const std::string config = write_config(members + R"("ordering": {"plugin": "altered"}, )");
    m_err.str("");
    return run_program({"config", "check", "--config", config, "--plugin-dir", plugin_folder()}, Runners(), context);
  };
  EXPECT_EQ(check(R"("plugins": ["acme"], )"), 0) << m_err.str();
  EXPECT_EQ(check(""), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("ordering.plugin: expected an installed ordering policy"));
  EXPECT_EQ(check(R"("plugins": ["acme", 7], )"), 2);
  EXPECT_THAT(m_err.str(), HasSubstr("plugins[1]: expected a string, got 7"));
  EXPECT_EQ(check(R"("plugins": ["nowhere"], )"), 2);
  EXPECT_THAT(m_err.str(), HasSubstr((m_folder.path() / "nowhere").string() + ": expected a folder of plugins"));
}

TEST_F(OpeningTest, TheListOpensEachInAChildAndReportsTheFilesAtFault) {
  EXPECT_EQ(run({"plugins", "list"}), 1);
  EXPECT_THAT(m_out.str(), AllOf(HasSubstr("ordering_strict.so"), HasSubstr("channel_memory.so")));
  EXPECT_THAT(m_out.str(), Not(HasSubstr(BAD_FOLDER)));
  EXPECT_EQ(m_err.str(),
            fault_of("aborts", aborts) + "\n" + fault_of("exits", exits) + "\n" + fault_of("hangs", hangs) + "\n");
}

TEST_F(OpeningTest, ANamedPluginThatCannotBeOpenedIsReportedByItsFile) {
  for (const auto& [name, fault] :
       {std::pair("aborts", aborts), std::pair("exits", exits), std::pair("hangs", hangs)}) {
    const std::string config = write_config(std::string(R"("ordering": {"plugin": ")") + name + "\"}, ");
    EXPECT_EQ(run({"config", "check", "--config", config}), 2);
    EXPECT_EQ(m_err.str(),
              config + ":1:25: ordering.plugin: expected a plugin that can be used as the ordering policy, got \"" +
                  name + "\": " + fault_of(name, fault) + "\n");
  }
}

TEST_F(OpeningTest, APluginIsShownByItsFile) {
  const std::string file = plugin_folder() + "/ordering_slight.so";
  EXPECT_EQ(run({"plugins", "show", file}), 0) << m_err.str();
  EXPECT_THAT(m_out.str(), HasSubstr("ordering policy \"slight\", version "));
  EXPECT_THAT(m_out.str(), HasSubstr(file));
  EXPECT_EQ(run({"plugins", "show", bad_file("aborts")}), 1);
  EXPECT_EQ(m_err.str(), fault_of("aborts", aborts) + "\n");
  EXPECT_NE(run({"plugins", "show", "/nowhere/x.so"}), 0);
  EXPECT_THAT(m_err.str(), HasSubstr("/nowhere/x.so"));
}

TEST_F(OpeningTest, AProcessWithThreadsTriesAPluginInAnother) {
  std::atomic<bool> ends = false;
  std::thread other([&] { ends.wait(false); });
  ASSERT_FALSE(can_run_apart());
  const auto problem_of = [&](const std::string& name) {
    const PluginRegistry registry({bad(name)}, program_file());
    try {
      registry.schema(registry.notes().at(0).kind, registry.notes().at(0).name);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  for (const auto& [name, fault] :
       {std::pair("aborts", aborts), std::pair("exits", exits), std::pair("hangs", hangs)}) {
    EXPECT_EQ(problem_of(name), fault_of(name, fault));
  }
  EXPECT_EQ(problem_of("good"), "none");
  ends = true;
  ends.notify_all();
  other.join();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(OpeningTest, NothingOfAChildIsLeft) {
  EXPECT_EQ(run_apart("x", [] { return std::string(100'000, 'x'); }), std::string(100'000, 'x'));
  const auto what = [](const std::function<std::string()>& call) {
    try {
      return run_apart("x", call);
    } catch (const Error& error) {
      return std::string(error.what()) + "; " + error.hint();
    }
  };
  EXPECT_EQ(what([]() -> std::string { throw Error(ErrorCode::busy, "no", "later"); }), "no; later");
  EXPECT_EQ(what([]() -> std::string { throw 17; }), "x: threw int; ");
  EXPECT_EQ(what([]() -> std::string { _exit(0); }),
            "x: expected a plugin that can be opened, found one that ends its process with exit status 0; ");
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  EXPECT_EQ(errno, ECHILD);
}

/// Writes to every pipe that the test does not have, as a plugin may that writes to descriptors of others.
void write_to_new_pipes(const std::set<int>& known, const std::string& bytes) {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    if (known.count(descriptor) > 0 || (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_WRONLY) continue;
    EXPECT_EQ(write(descriptor, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
}

TEST_F(OpeningTest, AnAnswerThatIsNoneIsAFaultOfThePlugin) {
  std::set<int> known;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1) known.insert(descriptor);
  }
  const auto outcome = [&](const std::string& body) {
    const auto size = static_cast<std::uint32_t>(body.size());
    const std::string bytes = std::string(reinterpret_cast<const char*>(&size), sizeof size) + body;
    try {
      return run_apart("x", [&] {
        write_to_new_pipes(known, bytes);
        pause();
        return std::string();
      });
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.code())) + " " + error.what();
    } catch (const std::exception& error) {
      return std::string("threw ") + error.what();
    }
  };
  const std::string busy = std::to_string(static_cast<int>(ErrorCode::busy));
  EXPECT_EQ(outcome(busy + std::string("\0no\0later\0", 10)), busy + " no") << "an answer";
  const std::string fault = std::to_string(static_cast<int>(ErrorCode::internal)) +
                            " x: expected a plugin that can be opened, found one that writes to a pipe of this program";
  for (const std::string& body : {
           std::string(),
           std::string("1\0no\0", 5),
           std::string("1\0a\0b\0c\0", 8),
           std::string("\0no\0later\0", 10),
           std::string("x\0no\0later\0", 11),
           std::string("1x\0no\0later\0", 12),
           std::string("-1\0no\0later\0", 12),
           std::string("12\0no\0later\0", 12),
           std::string("99999999999999999999\0no\0later\0", 30),
           std::string("1\0no\0later", 10),
           std::string("open"),
       }) {
    EXPECT_EQ(outcome(body), fault) << ::testing::PrintToString(body);
  }
}

}  // namespace
}  // namespace tellina::testing
