/// The section "Your first study" of docs/researchers.md, followed word for word.

#include <sstream>

#include "server_fixture.hpp"
#include "support/places.hpp"

namespace tellina::testing {
namespace {

/// What stands between two texts, of which the first is there.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t found = text.find(begin);
  if (found == std::string::npos) throw std::runtime_error("docs/researchers.md has no " + begin);
  const std::size_t from = found + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

class FirstStudy : public ServerTest {
 protected:
  /// `line`: "tellina COMMAND ...". Returns what it prints.
  std::string output_of(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    words.erase(words.begin());
    ChildProcess child(program_file(), words, folder(), "command");
    EXPECT_EQ(child.wait(std::chrono::seconds(120)), 0) << line << '\n' << child.errors();
    return child.output();
  }
};

TEST_F(FirstStudy, IsCheckedPlannedTriedAndServedAsTheDocsSay) {
  const std::string page = read_text(std::filesystem::path(source_folder()) / "docs/researchers.md");
  const std::string section = between(page, "## Your first study\n", "\n## ");
  write_text(folder() / "study.yaml", between(section, "```yaml\n", "```"));
  std::string transcript = "\n" + between(section, "```\n$ ", "```");
  transcript.insert(1, "$ ");
  int commands = 0;
  for (std::size_t at = transcript.find("\n$ "); at != std::string::npos; ++commands) {
    const std::size_t end_of_line = transcript.find('\n', at + 1);
    const std::string line = transcript.substr(at + 3, end_of_line - at - 3);
    const std::size_t next = transcript.find("\n$ ", end_of_line);
    const std::string printed =
        transcript.substr(end_of_line + 1, next == std::string::npos ? next : next - end_of_line);
    EXPECT_EQ(output_of(line), printed) << line;
    at = next;
  }
  EXPECT_EQ(commands, 3);
  start({}, "study.yaml");
  EXPECT_EQ(join("try-me").state(), "step") << "the consent";
}

}  // namespace
}  // namespace tellina::testing
