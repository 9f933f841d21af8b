#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "host/cli/program.hpp"
#include "host/plugins/guard.hpp"
#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

fs::path bad(const std::string& name) { return fs::path(BAD_FOLDER) / name; }
std::string bad_file(const std::string& name) { return (bad(name) / (name + ".so")).string(); }

class BadPluginsTest : public ::testing::Test {
 protected:
  /// Why the only plugin of a folder cannot be opened, without the file's name at the front.
  static std::string problem_of(const std::string& name) {
    const std::string start = bad_file(name) + ": ";
    try {
      open_plugin_file(bad_file(name));
    } catch (const Error& error) {
      const std::string problem = error.what();
      return problem.starts_with(start) ? problem.substr(start.size()) : "not named: " + problem;
    }
    return "none";
  }

  template <typename Call>
  static std::string refusal(ErrorCode code, Call call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "made";
  }

  PluginHost m_host;
  const PluginContext m_context = m_host.context();
};

TEST_F(BadPluginsTest, AValidPluginHasNoProblem) {
  const PluginRegistry registry({bad("good")});
  EXPECT_THAT(registry.problems(), IsEmpty());
  ASSERT_EQ(registry.notes().size(), 1u);
  EXPECT_EQ(registry.notes()[0].name, "altered");
  EXPECT_EQ(open_plugin_file(bad_file("good")).describe(), "ordering policy \"altered\" (" + bad_file("good") + ")");
  EXPECT_NE(registry.make_ordering_policy("altered", m_context), nullptr);
}

TEST_F(BadPluginsTest, MissingFolder) {
  EXPECT_THAT(PluginRegistry({"/nowhere/plugins"}).problems(),
              ElementsAre("/nowhere/plugins: expected a folder of plugins, found none that can be read: "
                          "No such file or directory"));
  EXPECT_THAT(
      PluginRegistry({bad_file("good")}).problems(),
      ElementsAre(bad_file("good") + ": expected a folder of plugins, found none that can be read: Not a directory"));
}

TEST_F(BadPluginsTest, MissingFile) {
  EXPECT_EQ(refusal(ErrorCode::not_found, [] { open_plugin_file("/nowhere/x.so"); }),
            "/nowhere/x.so: expected a plugin, found no such file");
  EXPECT_EQ(refusal(ErrorCode::bad_config, [] { open_plugin_file(BAD_FOLDER); }),
            BAD_FOLDER ": expected a plugin, found something that is not a regular file");
}

TEST_F(BadPluginsTest, NoSharedObject) {
  EXPECT_EQ(problem_of("text"), "expected a shared object for this machine, found another kind of file");
  EXPECT_EQ(problem_of("unresolved"), "expected a shared object, found one that cannot be loaded: " +
                                          bad_file("unresolved") + ": undefined symbol: function_that_nobody_has");
}

TEST_F(BadPluginsTest, NoPlugin) {
  EXPECT_EQ(problem_of("no_symbol"), "expected a plugin (the symbol tellina_plugin), found a shared object without it");
  EXPECT_EQ(refusal(ErrorCode::bad_config, [] { open_plugin_file(ZLIB_FILE); }),
            ZLIB_FILE ": expected a plugin (the symbol tellina_plugin), found a shared object without it");
}

TEST_F(BadPluginsTest, AnotherAbiTagIsRefusedBeforeAnythingRuns) {
  const std::string own = abi_tag<PluginKind::channel_layer>.data();
  EXPECT_EQ(
      problem_of("other_tag"),
      "expected the ABI tag \"" + own +
          "\" of this program, found \"tellina-9.9/gxxabi1/other\": build the plugin again with this program's SDK");
  EXPECT_EQ(
      problem_of("older_sdk"),
      "expected a plugin with an ABI tag, found one that an older SDK built, or that TELLINA_PLUGIN did not write: "
      "build the plugin again with this program's SDK");
  EXPECT_EQ(problem_of("no_name"), "expected a constant name in TELLINA_PLUGIN, such as a string literal, found none");
}

TEST_F(BadPluginsTest, TheDescriptorMustAgreeWithTheSections) {
  EXPECT_THAT(problem_of("no_tag"), HasSubstr("of this program, found \"\""));
  EXPECT_EQ(problem_of("misnamed"),
            "expected the kind and the name that the file has in its sections (ordering policy \"straight\"), found a "
            "descriptor of the ordering policy \"altered\"");
}

TEST_F(BadPluginsTest, ADescriptorMayGrow) {
  EXPECT_EQ(problem_of("policy_options"),
            "expected no schema of options, which only sandboxes have, found one of the ordering policy \"altered\"");
  EXPECT_EQ(problem_of("bad_options"), "expected a schema of options that is a JSON object, found another JSON value");
  EXPECT_EQ(problem_of("no_options_yet"), "none");
  EXPECT_EQ(problem_of("short"), "expected a descriptor of at least 52 bytes, found one of 8");
  EXPECT_EQ(problem_of("grown"), "none");
}

TEST_F(BadPluginsTest, EachPartOfTheDescriptorIsChecked) {
  EXPECT_EQ(problem_of("unknown_kind"),
            "expected a channel layer, an ordering policy or a sandbox, found a plugin of kind number 7");
  EXPECT_EQ(problem_of("bad_name"),
            "expected a name of 1 to 64 lower-case letters, digits and '_' that starts with a letter, found "
            "\"Bent Plugin\"");
  EXPECT_EQ(problem_of("bad_version"), "expected a version MAJOR.MINOR.PATCH, found \"1.0\"");
  EXPECT_EQ(problem_of("no_create"), "expected a function that creates the plugin, found none");
  EXPECT_THAT(problem_of("bad_schema"), HasSubstr("expected a config schema in JSON, found text that is not JSON: "));
  EXPECT_EQ(problem_of("array_schema"), "expected a config schema that is a JSON object, found another JSON value");
}

TEST_F(BadPluginsTest, AnotherKindThanRequested) {
  const PluginRegistry registry({plugin_folder()});
  EXPECT_EQ(
      refusal(ErrorCode::not_found, [&] { registry.make_channel_layer("strict", m_context); }),
      plugin_folder() +
          "/ordering_strict.so: expected a channel layer named \"strict\", found an ordering policy of that name");
  EXPECT_EQ(refusal(ErrorCode::not_found, [&] { registry.make_ordering_policy("memory", m_context); }),
            plugin_folder() +
                "/channel_memory.so: expected an ordering policy named \"memory\", found a channel layer of that name");
}

TEST_F(BadPluginsTest, AnObjectOfAnotherClassThanItsKind) {
  const PluginRegistry registry({bad("other_class")});
  EXPECT_EQ(refusal(ErrorCode::internal, [&] { registry.make_channel_layer("altered", m_context); }),
            "channel layer \"altered\" (" + bad_file("other_class") +
                "): expected its constructor to make a channel layer, found an object of another class");
}

TEST_F(BadPluginsTest, AnUnknownNameGetsASuggestionAndTheProblems) {
  const PluginRegistry registry({plugin_folder(), bad("no_symbol")});
  EXPECT_EQ(refusal(ErrorCode::not_found, [&] { registry.make_channel_layer("memroy", m_context); }),
            "no channel layer is named \"memroy\"; did you mean \"memory\"? (searched " + plugin_folder() + " and " +
                bad("no_symbol").string() + ")\n" + bad_file("no_symbol") +
                ": expected a plugin (the symbol tellina_plugin), found a shared object without it");
}

TEST_F(BadPluginsTest, TwoPluginsOfOneNameAreRefusedWhenChosen) {
  const PluginRegistry registry({bad("good"), bad("twin"), bad("good")});
  const std::string clash = "two plugins are the ordering policy \"altered\": " + bad_file("good") + " and " +
                            bad_file("twin") + "; expected one";
  EXPECT_THAT(registry.problems(), ElementsAre(clash));
  EXPECT_EQ(registry.notes().size(), 2u);
  EXPECT_EQ(registry.names(PluginKind::ordering_policy).size(), 1u);
  EXPECT_EQ(refusal(ErrorCode::bad_config, [&] { registry.make_ordering_policy("altered", m_context); }), clash);
}

TEST_F(BadPluginsTest, AConstructorThatThrowsIsNamed) {
  const PluginRegistry registry({bad("throwing")});
  const auto what_comes_of = [&](const std::string& kind, ErrorCode code) {
    const PluginContext context = m_host.context(config_with_text("throw", kind));
    return refusal(code, [&] { registry.make_ordering_policy("throwing", context); });
  };
  const std::string start = "ordering policy \"throwing\" (" + bad_file("throwing") + "): ";
  EXPECT_EQ(what_comes_of("int", ErrorCode::internal), start + "threw int");
  EXPECT_EQ(what_comes_of("standard", ErrorCode::internal), start + "threw std::length_error: too long");
  EXPECT_EQ(what_comes_of("error", ErrorCode::unavailable), start + "no daemon");
  EXPECT_EQ(what_comes_of("config", ErrorCode::bad_config), "config: throw: expected peace, got war");
}

TEST_F(BadPluginsTest, AnErrorOfAConstructorKeepsItsHint) {
  const PluginRegistry registry({bad("throwing")});
  const PluginContext context = m_host.context(config_with_text("throw", "error"));
  try {
    registry.make_ordering_policy("throwing", context);
    FAIL() << "the plugin was created";
  } catch (const Error& error) {
    EXPECT_EQ(error.hint(), "start the daemon");
  }
}

TEST_F(BadPluginsTest, ALaterCallThatThrowsIsNamed) {
  const PluginRegistry registry({bad("throwing")});
  const auto policy = registry.make_ordering_policy("throwing", m_context);
  EXPECT_EQ(refusal(ErrorCode::internal,
                    [&] { guard_plugin_call("ordering policy \"throwing\"", [&] { return policy->open_gate(); }); }),
            "ordering policy \"throwing\": threw char");
}

TEST_F(BadPluginsTest, NullFromAConstructor) {
  const PluginRegistry registry({bad("null")});
  EXPECT_EQ(
      refusal(ErrorCode::internal, [&] { registry.make_ordering_policy("altered", m_context); }),
      "ordering policy \"altered\" (" + bad_file("null") + "): expected a plugin from its constructor, found none");
}

TEST_F(BadPluginsTest, AnObjectOutlivesItsRegistry) {
  std::unique_ptr<OrderingPolicy> policy;
  {
    const PluginRegistry registry({plugin_folder()});
    policy = registry.make_ordering_policy("strict", m_context);
  }
  const auto gate = policy->open_gate();
  gate->arrive(0, MessageKind::connect);
  EXPECT_EQ(gate->next(), 0u);
}

TEST_F(BadPluginsTest, TheListShowsValidPluginsAndReportsBadOnes) {
  std::ostringstream out;
  std::ostringstream err;
  CommandContext context(out, err, m_host.clock, m_host.random, m_host.log);
  const Runners none;
  const int status = run_program(
      {"plugins", "list", "--plugin-dir", plugin_folder(), "--plugin-dir=" + bad("bad_name").string()}, none, context);
  EXPECT_EQ(status, 1);
  // The width of the columns depends on which other plugins are built.
  EXPECT_THAT(out.str(), ContainsRegex("KIND             NAME +VERSION  FILE\n"));
  EXPECT_THAT(out.str(),
              ContainsRegex("channel layer    memory +0.1.0    " + plugin_folder() + "/channel_memory.so\n"));
  EXPECT_THAT(out.str(),
              ContainsRegex("ordering policy  strict +0.1.0    " + plugin_folder() + "/ordering_strict.so\n"));
  EXPECT_EQ(err.str(), bad_file("bad_name") +
                           ": expected a name of 1 to 64 lower-case letters, digits and '_' that starts with a letter, "
                           "found \"Bent Plugin\"\n");
}

}  // namespace
}  // namespace tellina::testing
