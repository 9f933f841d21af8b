/// Compares the judgement of outputs with that of output_oracle.py.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "host/study/output_judge.hpp"

namespace tellina::testing {
namespace {

namespace json = boost::json;

/// What the script prints for 200 trees, with 20 commands in each.
std::vector<json::object> judged_by_script() {
  std::FILE* const pipe = ::popen("python3 " ORACLE_SCRIPT " 1 200 20", "r");
  if (!pipe) throw std::runtime_error("cannot start a shell");
  std::string text;
  std::array<char, 65536> piece;
  while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), pipe)) text.append(piece.data(), size);
  EXPECT_EQ(::pclose(pipe), 0) << "the script does not agree with itself";
  std::vector<json::object> lines;
  std::istringstream stream(std::move(text));
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line).as_object());
  return lines;
}

Bytes text_of(const json::object& object, const char* name) { return Bytes(object.at(name).as_string()); }

std::vector<Bytes> list_of(const json::object& object, const char* name) {
  return json::value_to<std::vector<Bytes>>(object.at(name));
}

void add(FileNode& parent, const Bytes& path, bool is_directory) {
  const std::size_t slash = path.find('/');
  FileNode& child = parent.children[path.substr(0, slash)];
  if (slash != Bytes::npos) return add(child, path.substr(slash + 1), is_directory);
  child.kind = is_directory ? FileKind::directory : FileKind::regular;
}

class OracleTest : public ::testing::Test {
 protected:
  void expect_verdicts(const json::object& line, const HomeNames& names) {
    const Bytes command_text = text_of(line, "command");
    const Bytes output = text_of(line, "output");
    SCOPED_TRACE(command_text + "\n" + output);
    CommandOutput command;
    command.text = command_text;
    command.working_directory = directory;
    command.output = output;
    const auto passes = [&](const Task& task) { return OutputJudge(task).judge(command, names).passed; };

    Task search;
    search.type = TaskType::file_search;
    search.root = "site";
    search.path_answer = list_of(line, "answer");
    EXPECT_EQ(passes(search), line.at("is_search").as_bool());

    Task paths;
    paths.output_match = OutputMatch::paths;
    paths.path_answer = list_of(line, "ordered");
    EXPECT_EQ(passes(paths), line.at("ordered") == line.at("found"));

    Task lines;
    for (const Bytes& text : list_of(line, "lines")) lines.output_answer += text + "\n";
    lines.output_match = OutputMatch::exact;
    EXPECT_EQ(passes(lines), line.at("exact").as_bool());
    lines.output_match = OutputMatch::unordered;
    EXPECT_EQ(passes(lines), line.at("unordered").as_bool());
    lines.output_match = OutputMatch::set;
    EXPECT_EQ(passes(lines), line.at("set").as_bool());

    const Bytes first_lines = text_of(line, "cut");
    command.output = first_lines;
    Task records;
    records.output_match = OutputMatch::records;
    records.allows_extra_lines = line.at("allows_extra").as_bool();
    for (const json::value& record : line.at("records").as_array()) {
      records.record_answer.push_back({text_of(record.as_object(), "path"), "", text_of(record.as_object(), "text")});
    }
    EXPECT_EQ(passes(records), line.at("is_covered").as_bool()) << json::serialize(line.at("records")) << first_lines;
  }

  Bytes directory;
};

TEST_F(OracleTest, BothImplementationsGiveTheSameVerdicts) {
  HomeNames names("");
  std::size_t trees = 0;
  std::size_t commands = 0;
  for (const json::object& line : judged_by_script()) {
    if (line.contains("home")) {
      ++trees;
      FileTree tree;
      for (const auto& [name, kind] : line.at("names").as_object()) {
        if (!name.empty()) add(tree.root, Bytes(name), kind == "d");
      }
      directory = text_of(line, "home") + "/site";
      names = HomeNames(text_of(line, "home"));
      names.add(tree);
      continue;
    }
    ++commands;
    expect_verdicts(line, names);
    if (HasFailure()) return;
  }
  EXPECT_EQ(trees, 200U);
  EXPECT_EQ(commands, 4000U);
}

}  // namespace
}  // namespace tellina::testing
