#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "host/config/links.hpp"
#include "support/places.hpp"
#include "unit/config/fixture.hpp"

namespace tellina {
namespace {

const std::string original_style = R"({
    "access_codes": [
        "bob"
    ],
    "task_duration_in_seconds": 60,
    "tasks": [
        {
            "type": "filesystem",
            "description": "d",
            "initial_filesystem": {"dir1": {"file.txt": null, "dir2": {}}},
            "answer": {"dir1": {"file.txt": null, "dir2": {"hello.txt": null}}}
        },
        {"type": "stdout", "description": "e", "initial_filesystem": {"ignore_me.txt": null}, "answer": "hello\r\nworld"}
    ]
})";

TEST(GoodConfig, TheThreeOriginalKeysAreEnough) {
  const HostConfig config = parse_host_config(original_style, "/etc/study/config.json", FakePlugins());
  EXPECT_EQ(config.file, "/etc/study/config.json");
  EXPECT_EQ(config.server.address, "127.0.0.1");
  EXPECT_EQ(config.server.port, 10411);
  EXPECT_EQ(config.server.connections_per_address, 4096U);
  EXPECT_TRUE(config.server.trusted_proxies.empty());
  EXPECT_EQ(config.database, "/etc/study/db.sqlite3");
  EXPECT_EQ(config.workers, 2U);
  EXPECT_EQ(config.channel_layer.name, "memory");
  EXPECT_EQ(config.ordering.name, "strict");
  EXPECT_EQ(config.sandbox.name, "chroot");
  EXPECT_EQ(config.sandbox.section.at("plugin").as_string(), "chroot");
  EXPECT_EQ(config.sandbox_pool, 2U);
  EXPECT_EQ(config.study->title, "Command-line study");
  EXPECT_EQ(config.study->contact, "");
  EXPECT_EQ(config.access_codes, std::vector<std::string>{"bob"});
  EXPECT_EQ(config.study->task_duration, std::chrono::seconds(60));
  ASSERT_EQ(config.study->tasks.size(), 2U);

  const Task& filesystem = config.study->tasks[0];
  EXPECT_EQ(filesystem.type, TaskType::filesystem);
  EXPECT_EQ(filesystem.place, "/etc/study/config.json:7:9");
  const FileNode& initial_file = filesystem.initial.root.children.at("dir1").children.at("file.txt");
  EXPECT_EQ(initial_file.kind, FileKind::regular);
  EXPECT_EQ(initial_file.content, "");
  EXPECT_EQ(filesystem.initial.root.children.at("dir1").children.at("dir2").kind, FileKind::directory);
  const FileNode& dir1 = filesystem.filesystem_answer.root.children.at("dir1");
  const FileNode& answer_file = dir1.children.at("dir2").children.at("hello.txt");
  EXPECT_EQ(answer_file.kind, FileKind::regular);
  EXPECT_FALSE(answer_file.content.has_value()) << "in an answer, null means any content";
  EXPECT_FALSE(answer_file.size.has_value());

  const Task& output = config.study->tasks[1];
  EXPECT_EQ(output.type, TaskType::output);
  EXPECT_EQ(output.description, "e");
  EXPECT_EQ(output.output_answer, "hello\nworld");
  EXPECT_EQ(output.output_match, OutputMatch::lines);
  EXPECT_EQ(output.working_directory, "~");
}

TEST(GoodConfig, AnswersOfCompleteOutputsAreRead) {
  const HostConfig config = parse_host_config(R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
    {"type": "file_search", "description": "d", "root": "~/site/", "files_may_change": true,
     "initial_filesystem": {"site": {"a b": ""}}, "answer": ["./a b", "new/../x/"]},
    {"type": "stdout", "description": "d", "match": "paths", "answer": ["b", "a", "b"]},
    {"type": "stdout", "description": "d", "match": "records", "extra_lines": "allow",
     "answer": [{"path": "a", "pattern": "^[0-9]+"}, {"text": "x"}]},
    {"type": "stdout", "description": "d", "match": "unordered", "ignore": ["case", "total_lines"], "answer": "a\r\nb"},
    {"type": "stdout", "description": "d", "match": "set", "answer": "a"},
    {"type": "filesystem", "description": "d", "root": "~/site", "initial_filesystem": {"site": {}},
     "answer": {"x": null}}]})",
                                              "config.json", FakePlugins());
  const std::vector<Task>& tasks = config.study->tasks;
  EXPECT_EQ(tasks[0].type, TaskType::file_search);
  EXPECT_EQ(tasks[0].root, "site");
  EXPECT_TRUE(tasks[0].files_may_change);
  EXPECT_EQ(tasks[0].path_answer, (std::vector<Bytes>{"site/a b", "site/x"}));
  EXPECT_EQ(tasks[1].output_match, OutputMatch::paths);
  EXPECT_EQ(tasks[1].path_answer, (std::vector<Bytes>{"b", "a", "b"}));
  EXPECT_EQ(tasks[2].output_match, OutputMatch::records);
  EXPECT_TRUE(tasks[2].allows_extra_lines);
  ASSERT_EQ(tasks[2].record_answer.size(), 2U);
  EXPECT_EQ(tasks[2].record_answer[0].name, "a");
  EXPECT_EQ(tasks[2].record_answer[0].expression, "^[0-9]+");
  EXPECT_EQ(tasks[2].record_answer[1].text, "x");
  EXPECT_EQ(tasks[3].output_match, OutputMatch::unordered);
  EXPECT_EQ(tasks[3].output_answer, "a\nb");
  EXPECT_TRUE(tasks[3].ignored.letter_case && tasks[3].ignored.total_lines);
  EXPECT_FALSE(tasks[3].ignored.blank_lines || tasks[3].ignored.outer_space || tasks[3].ignored.inner_space);
  EXPECT_TRUE(tasks[4].ignored.blank_lines && tasks[4].ignored.outer_space) << "the default";
  EXPECT_EQ(tasks[5].root, "site");
  EXPECT_TRUE(tasks[0].settings.starts_with(R"({"answer":["./a b","new/../x/"],)")) << tasks[0].settings;
}

TEST(GoodConfig, ATaskStartsInItsOwnDirectoryOrInThatOfTheSandboxSection) {
  const HostConfig config = parse_host_config(R"({"access_codes": [], "task_duration_in_seconds": 1,
    "sandbox": {"working_directory": "~/website"}, "tasks": [
    {"type": "stdout", "description": "d", "answer": "a", "initial_filesystem": {"website": {}}},
    {"type": "stdout", "description": "d", "answer": "a", "working_directory": "~", "check_every_in_seconds": 0.5,
     "max_extra_lines": 7},
    {"type": "filesystem", "description": "d", "answer": {"photos": {"2016": {}}, "a": null},
     "initial_filesystem": {"photos": {"2016": {}}}, "working_directory": "~/photos/2016"}]})",
                                              "c", FakePlugins());
  std::vector<std::string> directories;
  EXPECT_EQ(config.study->tasks[0].check_interval, std::chrono::seconds(2));
  EXPECT_EQ(config.study->tasks[1].check_interval, std::chrono::milliseconds(500));
  EXPECT_EQ(config.study->tasks[0].max_extra_lines, 100);
  EXPECT_EQ(config.study->tasks[1].max_extra_lines, 7);
  for (const Task& task : config.study->tasks) directories.push_back(task.working_directory);
  EXPECT_EQ(directories, (std::vector<std::string>{"~/website", "~", "~/photos/2016"}));
}

TEST(GoodConfig, ThePublicUrlMayEndWithTheBasePath) {
  for (const std::string path : {"/lab/study", "/lab/study/"}) {
    const HostConfig config = parse_host_config(
        config_with(R"("server": {"base_path": "/lab/study", "public_url": "https://example.org)" + path + "\"}"), "c",
        FakePlugins());
    EXPECT_EQ(study_url(config.server, "0.0.0.0", 1), "https://example.org/lab/study");
  }
}

TEST(GoodConfig, EveryKeyIsRead) {
  const HostConfig config = parse_host_config(config_with(R"("$schema": "./config.schema.json",
    "server": {"address": "localhost", "port": 0, "connections_per_address": 7, "metrics": "all", "public_url": "https://[2001:db8::7]:8443/study/"}, "database": "../data/a.db", "workers": 9,
    "recording": {"bytes": false, "durability": "commit", "states": "none", "states_in_mib": 2},
    "channel_layer": {"plugin": "redis", "hosts": ["a.b:1"]}, "ordering": {"plugin": "slight"},
    "sandbox": {"memory_in_mib": 512, "working_directory": "~/dir", "pool": 0},
    "study": {"title": "Dateien finden – mit \"find\"", "contact": "a@example.org"})"),
                                              "/srv/x/config.json", FakePlugins());
  EXPECT_EQ(config.server.address, "127.0.0.1");
  EXPECT_EQ(config.server.port, 0);
  EXPECT_EQ(config.server.connections_per_address, 7U);
  EXPECT_TRUE(config.server.shows_metrics_to_all);
  EXPECT_EQ(config.server.public_url, "https://[2001:db8::7]:8443/study/");
  EXPECT_EQ(study_url(config.server, "0.0.0.0", 1), "https://[2001:db8::7]:8443/study");
  EXPECT_EQ(host_of_url(config.server.public_url), "[2001:db8::7]:8443");
  EXPECT_EQ(host_of_url("https://study.example.org"), "study.example.org");
  EXPECT_EQ(host_of_url(""), "");
  EXPECT_EQ(config.database, "/srv/data/a.db");
  EXPECT_EQ(config.workers, 9U);
  EXPECT_FALSE(config.keeps_bytes);
  EXPECT_FALSE(config.records_states);
  EXPECT_EQ(config.state_content, 2U * 1024 * 1024);
  EXPECT_EQ(config.durability, Durability::commit);
  EXPECT_EQ(config.channel_layer.section.at("hosts").items().at(0).as_string(), "a.b:1");
  EXPECT_EQ(config.ordering.name, "slight");
  EXPECT_EQ(config.sandbox.name, "chroot");
  EXPECT_EQ(config.sandbox.section.at("plugin").as_string(), "chroot");
  EXPECT_EQ(config.sandbox.section.at("memory_in_mib").as_integer(), 512);
  EXPECT_EQ(config.sandbox.section.line(), 5);
  EXPECT_EQ(config.sandbox_pool, 0U);
  EXPECT_EQ(config.study->title, "Dateien finden – mit \"find\"");
  EXPECT_EQ(config.study->contact, "a@example.org");
  EXPECT_TRUE(config.study->tasks.empty());
}

TEST(GoodConfig, TrustedProxiesAreAddressesAndNetworks) {
  const std::string text = config_with(R"("server": {"trusted_proxies": [
    "127.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "192.168.1.128/25", "::1", "fd00::/8", "::ffff:10.0.0.0/104"]})");
  const std::vector<AddressRange> ranges = parse_host_config(text, "c", FakePlugins()).server.trusted_proxies;
  ASSERT_EQ(ranges.size(), 7U);
  const std::array<int, 7> prefixes{128, 104, 96, 121, 128, 8, 104};
  for (std::size_t i = 0; i < prefixes.size(); ++i) EXPECT_EQ(ranges[i].prefix_length, prefixes[i]) << i;
  const std::array<unsigned char, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  EXPECT_EQ(ranges[0].first, mapped);
  EXPECT_EQ(ranges[1], ranges[6]);
  EXPECT_EQ(ranges[5].first, (std::array<unsigned char, 16>{0xfd}));
}

TEST(GoodConfig, FractionsOfASecondAreKept) {
  const std::string text = R"({"access_codes": [], "tasks": [], "task_duration_in_seconds": 1.5})";
  EXPECT_EQ(parse_host_config(text, "c", FakePlugins()).study->task_duration, std::chrono::milliseconds(1500));
}

TEST(GoodConfig, AccessCodesMayBeInAnyScript) {
  const std::string text =
      R"({"tasks": [], "task_duration_in_seconds": 1, "access_codes": ["\ud83d\ude00 ü 東京 #&?/"]})";
  EXPECT_EQ(parse_host_config(text, "c", FakePlugins()).access_codes.at(0), "\U0001F600 ü 東京 #&?/");
}

TEST(GoodConfig, TreesHaveAttributesLinksAndOddNames) {
  const HostConfig config = parse_host_config(config_with_tree(R"({
      "script": {"$file": {"content": "#!/bin/sh\n", "mode": "755", "mtime": "2024-02-29T23:59:59.25Z", "owner": "me"}},
      "zeros": {"$file": {"size": 5000}}, "empty": {"$file": {}}, "note": "text", "link": {"$link": "../x"},
      " -rf \n\u0001": null, "\ud83d\ude00.txt": "", "...": {}, "a$b": null})"),
                                              "c", FakePlugins());
  const std::map<Bytes, FileNode>& entries = config.study->tasks.at(0).initial.root.children;
  ASSERT_EQ(entries.size(), 9U);
  const FileNode& script = entries.at("script");
  EXPECT_EQ(script.content, "#!/bin/sh\n");
  EXPECT_EQ(script.mode, 0755U);
  EXPECT_EQ(script.owner, "me");
  EXPECT_EQ(script.modified_at->time_since_epoch(), std::chrono::milliseconds(1709251199250));
  EXPECT_EQ(entries.at("zeros").size, 5000U);
  EXPECT_FALSE(entries.at("zeros").content.has_value());
  EXPECT_EQ(entries.at("empty").content, "");
  EXPECT_EQ(entries.at("note").content, "text");
  EXPECT_EQ(entries.at("link").kind, FileKind::symlink);
  EXPECT_EQ(entries.at("link").target, "../x");
  EXPECT_TRUE(entries.contains(" -rf \n\x01"));
  EXPECT_TRUE(entries.contains("\U0001F600.txt"));
}

TEST(GoodConfig, AnAnswerComparesOnlyWhatItNames) {
  const std::string text = R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [
    {"type": "filesystem", "description": "d", "answer": {
      "any": null, "exact": "x", "mode": {"$file": {"mode": "0600"}}, "size": {"$file": {"size": 3}},
      "root": {"$file": {"owner": "0"}}}}]})";
  const Task task = parse_host_config(text, "c", FakePlugins()).study->tasks.at(0);
  EXPECT_TRUE(task.initial.root.children.empty()) << "no initial_filesystem is an empty home";
  const std::map<Bytes, FileNode>& entries = task.filesystem_answer.root.children;
  EXPECT_FALSE(entries.at("any").content || entries.at("any").size || entries.at("any").mode);
  EXPECT_EQ(entries.at("exact").content, "x");
  EXPECT_EQ(entries.at("mode").mode, 0600U);
  EXPECT_FALSE(entries.at("mode").content || entries.at("mode").size || entries.at("mode").modified_at);
  EXPECT_EQ(entries.at("size").size, 3U);
  EXPECT_EQ(entries.at("root").owner, "0");
}

std::string hash_of(const std::string& task) {
  const std::string text = R"({"access_codes": [], "task_duration_in_seconds": 1, "tasks": [)" + task + "]}";
  return parse_host_config(text, "c", FakePlugins()).study->tasks.at(0).definition_hash;
}

TEST(GoodConfig, TheHashFollowsTheDefinitionAndNotItsLayout) {
  const std::string hash = hash_of(R"({"type": "stdout", "description": "d\u00e9", "answer": "a"})");
  EXPECT_EQ(hash.size(), 64U);
  EXPECT_EQ(hash, hash_of("{ \"answer\":\"a\",\n\"type\":\"stdout\", \"description\": \"dé\" }"));
  EXPECT_NE(hash, hash_of(R"({"type": "stdout", "description": "d\u00e9", "answer": "b"})"));
  EXPECT_NE(hash, hash_of(R"({"type": "stdout", "description": "d\u00e9", "answer": "a", "match": "contains"})"));
}

TEST(GoodConfig, LoadingAgainSeesAdditions) {
  TemporaryFolder folder;
  const std::string file = folder.file("config.json");
  const auto write = [&](const std::string& codes) {
    std::ofstream(file) << R"({"access_codes": )" << codes << R"(, "task_duration_in_seconds": 1, "tasks": []})";
  };
  write(R"(["bob"])");
  EXPECT_EQ(load_host_config(file, FakePlugins()).access_codes.size(), 1U);
  write(R"(["bob", "alice"])");
  const HostConfig again = load_host_config(file, FakePlugins());
  EXPECT_EQ(again.access_codes, (std::vector<std::string>{"bob", "alice"}));
  EXPECT_EQ(again.database, folder.file("db.sqlite3"));
}

TEST(GoodConfig, TheConfigurationOfThisRepositoryIsValid) {
  const HostConfig config = load_host_config(source_folder() + "/config.json", FakePlugins());
  EXPECT_EQ(config.access_codes, (std::vector<std::string>{"bob", "alice"}));
  ASSERT_EQ(config.study->tasks.size(), 2U);
  EXPECT_EQ(config.study->tasks[0].output_answer, "hello world");
  EXPECT_EQ(config.study->tasks[1].type, TaskType::filesystem);
  EXPECT_EQ(config.study->task_duration, std::chrono::seconds(60));
}

}  // namespace
}  // namespace tellina
