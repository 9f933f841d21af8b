#include "process_fixture.hpp"

#include <cstdio>

#include <unistd.h>

namespace tellina::test {

namespace fs = std::filesystem;

HomesFolder::HomesFolder() {
  std::string name = (fs::temp_directory_path() / "tellina_process_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  m_path = name;
}

HomesFolder::~HomesFolder() {
  std::error_code ignored;
  fs::remove_all(m_path, ignored);
}

std::set<std::string> HomesFolder::list() const {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(m_path)) names.insert(entry.path().filename());
  return names;
}

void ProcessTest::SetUp() {
  SandboxTest::SetUp();
  start_with(make_spec());
}

void ProcessTest::start_with(SandboxSpec spec) { start(std::move(spec), {{"directory", m_homes.path().string()}}); }

void ProcessTest::TearDown() {
  SandboxTest::TearDown();
  EXPECT_EQ(m_homes.list(), std::set<std::string>());
}

fs::path ProcessTest::home() const { return m_homes.path() / ("tellina." + spec().owner + "." + spec().id) / "home"; }

int be_host(const char* folder) {
  Backend backend({{"directory", std::string(folder)}});
  const SandboxSpec spec = make_spec();
  const std::unique_ptr<Sandbox> sandbox = backend->start(spec);
  Shell shell(*sandbox);
  if (!shell.prompt()) return 1;
  shell.run("setsid -f sleep 1000; nohup sleep 1000 >/dev/null 2>&1 & true");
  // The supervisor, the shell and the two daemons.
  eventually([] { return descendants(getpid()).size() == 4; }, "the daemons run");
  std::printf("%s\n", spec.owner.c_str());
  std::fflush(stdout);
  for (;;) pause();
}

}  // namespace tellina::test
