#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "host/cli/program.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// Runs `tellina plugins new` with the build's templates.
class NewPluginTest : public ::testing::Test {
 protected:
  NewPluginTest() {
    std::string name = (fs::temp_directory_path() / "tellina-new-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    m_folder = name;
  }
  ~NewPluginTest() override { fs::remove_all(m_folder); }

  int make(const std::string& name, std::vector<std::string> options) {
    std::vector<std::string> words{"plugins", "new", name, "--directory=" + (m_folder / "made").string()};
    words.insert(words.end(), options.begin(), options.end());
    std::ostringstream out;
    std::ostringstream err;
    CommandContext context(out, err, m_host.clock, m_host.random, m_host.log);
    const int status = run_program(words, Runners(), context);
    m_out = out.str();
    m_err = err.str();
    return status;
  }
  std::string read(const std::string& file) const {
    std::ifstream stream(m_folder / "made" / file);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }

  PluginHost m_host;
  fs::path m_folder;
  std::string m_out;
  std::string m_err;
};

TEST_F(NewPluginTest, WritesTheTemplateWithTheNameInIt) {
  EXPECT_EQ(make("acme_box", {"--kind=sandbox"}), 0) << m_err;
  EXPECT_THAT(read("CMakeLists.txt"), HasSubstr("tellina_add_plugin(sandbox_acme_box\n"));
  EXPECT_THAT(read("plugin.cpp"), HasSubstr("TELLINA_PLUGIN(sandbox, Backend, \"acme_box\""));
  for (const auto& entry : fs::directory_iterator(m_folder / "made")) {
    EXPECT_THAT(read(entry.path().filename()), Not(HasSubstr("YOUR_NAME"))) << entry.path();
  }
  const std::string folder = (m_folder / "made").string();
  EXPECT_THAT(m_out, HasSubstr("\n  cmake -S " + folder + " -B " + folder + "/build -D CMAKE_PREFIX_PATH="));
  EXPECT_THAT(m_out, HasSubstr("\n  cmake --build " + folder + "/build\n"));
  EXPECT_THAT(m_out, HasSubstr("\n  tellina plugins check " + folder + "/build/sandbox_acme_box.so --config '{"));
}

TEST_F(NewPluginTest, WritesAnOrderingPolicyToo) {
  EXPECT_EQ(make("patient", {"--kind=ordering_policy"}), 0) << m_err;
  EXPECT_THAT(read("plugin.cpp"), HasSubstr("TELLINA_PLUGIN(ordering_policy, Policy, \"patient\""));
  EXPECT_THAT(m_out, HasSubstr("ordering_patient.so\n"));
}

TEST_F(NewPluginTest, WritesAChannelLayerToo) {
  EXPECT_EQ(make("pigeon", {"--kind=channel_layer"}), 0) << m_err;
  EXPECT_THAT(read("plugin.cpp"), HasSubstr("TELLINA_PLUGIN(channel_layer, channel_pigeon::Layer, \"pigeon\""));
  EXPECT_THAT(m_out, HasSubstr("channel_pigeon.so\n"));
  EXPECT_THAT(m_out, HasSubstr("\"channel_layer\": {\"plugin\": \"pigeon\"} in config.json"));
}

TEST_F(NewPluginTest, RefusesInvalidNames) {
  for (const char* name : {"Acme", "1st", "_x", "a-b", "../up", "a b", "h\xc3\xa4"}) {
    EXPECT_EQ(make(name, {"--kind=sandbox"}), 2) << name;
    EXPECT_THAT(m_err, HasSubstr("at most 40 lower-case letters, digits and \"_\" that begins with a letter"));
  }
  EXPECT_EQ(make(std::string(41, 'a'), {"--kind=sandbox"}), 2);
  EXPECT_EQ(make("strict", {"--kind=ordering_policy"}), 2);
  EXPECT_THAT(m_err, HasSubstr("expected a NAME that no installed plugin has, got \"strict\""));
  EXPECT_TRUE(fs::is_empty(m_folder));
}

TEST_F(NewPluginTest, RefusesUnknownKindsAndExistingFolders) {
  EXPECT_EQ(make("acme", {}), 2);
  EXPECT_THAT(m_err, HasSubstr("expected --kind sandbox, ordering_policy or channel_layer, got none"));
  EXPECT_EQ(make("acme", {"--kind=sandbax"}), 2);
  EXPECT_THAT(m_err, HasSubstr("got \"sandbax\"; did you mean \"sandbox\"?"));
  EXPECT_TRUE(fs::is_empty(m_folder));
  fs::create_directory(m_folder / "made");
  EXPECT_EQ(make("acme", {"--kind=sandbox"}), 2);
  EXPECT_THAT(m_err, HasSubstr("expected a folder that does not exist yet"));
  EXPECT_TRUE(fs::is_empty(m_folder / "made"));
}

}  // namespace
}  // namespace tellina::testing
