/// Builds plugins with real compilers and options, and opens them.

#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>

#include "host/plugins/registry.hpp"
#include "support/places.hpp"
#include "support/server_process.hpp"
#include "unit/plugins/plugin_host.hpp"

namespace tellina::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* gcc = CXX_COMPILER;
constexpr const char* clang = "clang++-16";

class CompilersTest : public ::testing::Test {
 protected:
  /// Compiles the template of an ordering policy.
  void compile(const std::string& compiler, const std::string& options, const std::string& headers) {
    std::string source = read_text(source_folder() + "/sdk/template/ordering_policy/plugin.cpp");
    const std::string placeholder = "YOUR_NAME";
    for (std::size_t at = 0; (at = source.find(placeholder, at)) != std::string::npos;) {
      source.replace(at, placeholder.size(), "compiled");
    }
    write_text(m_folder.path() / "plugin.cpp", source);
    const std::string command = compiler + " -std=c++20 -shared -fPIC -fvisibility=hidden -I " + headers + " " +
                                options + " -o " + file().string() + " " + (m_folder.path() / "plugin.cpp").string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void compile(const std::string& compiler, const std::string& options) {
    compile(compiler, options, source_folder() + "/sdk/include");
  }

  fs::path file() const { return m_folder.path() / "ordering_compiled.so"; }
  fs::path folder() const { return m_folder.path(); }

  std::string refusal() const {
    try {
      open_plugin_file(file());
      return "opened";
    } catch (const Error& error) {
      return error.what();
    }
  }

  /// Uses the plugin, and throws an exception from it.
  void expect_that_it_works() {
    const PluginRegistry registry({m_folder.path()});
    const auto policy = registry.make_ordering_policy("compiled", m_context);
    const auto gate = policy->open_gate();
    gate->arrive(0, MessageKind::connect);
    EXPECT_EQ(gate->next(), 0U);
    EXPECT_THROW(gate->finish(5), Error);
    gate->finish(0);
  }

 private:
  const TemporaryFolder m_folder;
  PluginHost m_host;
  const PluginContext m_context = m_host.context();
};

TEST_F(CompilersTest, AnotherCompilerWithTheSameLibraryIsAccepted) {
  for (const char* compiler : {gcc, clang}) {
    for (const char* options : {"-O0 -g", "-O2 -flto -Wl,--gc-sections -s", "-D_GLIBCXX_ASSERTIONS"}) {
      if (std::string(compiler) == clang && std::string(options).find("-flto") != std::string::npos) {
        options = "-O2 -Wl,--gc-sections -s";  // its LTO needs a linker of its own
      }
      compile(compiler, options);
      EXPECT_NO_FATAL_FAILURE(expect_that_it_works()) << compiler << " " << options;
    }
  }
}

TEST_F(CompilersTest, AnotherLibraryModeIsRefused) {
  for (const char* compiler : {gcc, clang}) {
    compile(compiler, "-D_GLIBCXX_DEBUG");
    EXPECT_THAT(refusal(), HasSubstr(": build the plugin without -D_GLIBCXX_DEBUG"));
  }
  compile(gcc, "-D_GLIBCXX_USE_CXX11_ABI=0");
  EXPECT_THAT(refusal(), HasSubstr(": build the plugin without -D_GLIBCXX_USE_CXX11_ABI=0"));
}

TEST_F(CompilersTest, WithoutRttiItIsRefused) {
  for (const char* compiler : {gcc, clang}) {
    compile(compiler, "-fno-rtti");
    EXPECT_THAT(refusal(), HasSubstr(": build the plugin without -fno-rtti"));
  }
}

TEST_F(CompilersTest, SanitizersMustBeTheSame) {
  compile(gcc, "-fsanitize=address");
  EXPECT_THAT(refusal(), HasSubstr(": build the plugin without -fsanitize=address"));
}

TEST_F(CompilersTest, AnotherLayoutIsRefused) {
  compile(gcc, "-fpack-struct=4");
  EXPECT_THAT(refusal(), HasSubstr("have other layouts in it"));

  fs::copy(source_folder() + "/sdk/include", folder() / "include", fs::copy_options::recursive);
  const fs::path header = folder() / "include/tellina/config.hpp";
  std::string text = read_text(header);
  const std::string member = "    int line = 0;\n";
  ASSERT_NE(text.find(member), std::string::npos);
  write_text(header, text.replace(text.find(member), member.size(), "    int line = 0;\n    long length = 0;\n"));
  compile(gcc, "", folder() / "include");
  EXPECT_THAT(refusal(),
              HasSubstr("have other layouts in it: build the plugin with the headers of this program's SDK"));
}

}  // namespace
}  // namespace tellina::testing
