/// Right and wrong ways to solve tasks of each kind, typed into real shells.

#include <array>
#include <future>

#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

constexpr std::size_t ways = 10;

struct Ways {
  const char* task;  ///< its keys besides the tree, as JSON
  std::array<const char*, ways> right;
  std::array<const char*, ways> wrong;
};

/// A website; sizes in bytes.
constexpr const char* tree = R"({"website": {
  "README.md": {"$file": {"size": 900}},
  "content": {
    "assignments": {"2013_hw.md": {"$file": {"size": 3}}},
    "labs": {"1.md": {"$file": {"size": 4071}}, "2.md": {"$file": {"size": 800}}, "2014": {},
             "2016": {"3.md": {"$file": {"size": 10000}}, "11.md": {"$file": {"size": 9999}}}},
    "review": {"2012": {}, "b.md": {"$file": {"size": 801}}},
    "syllabus.md": {"$file": {"size": 20}}},
  "css": {"app.css": "body {}\n", "fonts": {"icons.css": "i {}\n"}},
  "lib": {"showdown": {"main.js": "x", "extra.js": "y"}}}})";

constexpr const char* size_range = "find content -type f -size +800c -size -10000c";

const std::vector<Ways>& tasks() {
  static const std::vector<Ways> all = {
      {R"("type": "file_search", "description": "Files in content with more than 800 and less than 10000 bytes",
          "answer": ["content/labs/1.md", "content/labs/2016/11.md", "content/review/b.md"])",
       {size_range, "find content -type f -size +800c -size -10000c -ls",
        "find ~/website/content -type f -size +800c ! -size +9999c",
        "cd content && find -type f -size +800c -size -10000c",
        "find content -type f -size +800c -size -10000c -printf '%s %p\\n'",
        "find $PWD/content -type f -size +800c -size -10000c | sort -r",
        "find content -type f -size +800c -size -10000c -exec ls -l {} +",
        "find content -type f -size +800c -size -10000c -print0 | xargs -0 ls",
        "for f in $(find content -type f); do s=$(stat -c %s $f); [ $s -gt 800 ] && [ $s -lt 10000 ] && echo $f; done",
        "find content -type f -printf '%s %p\\n' | awk '$1 > 800 && $1 < 10000 { print $2 }'"},
       {"find content -type f -size +800c", "find content -type f -size -10000c", "find content -type f",
        "ls -lR content", "find . -type f -size +800c -size -10000c",
        "echo 'find content -type f -size +800c -size -10000c'", ": find content -type f -size +800c -size -10000c",
        "find content -type f -size +800c -size -10000c | head -n 2",
        "grep -c '' $(find content -type f -size +800c -size -10000c)", "find content -type f -size +1 -size -10k"}},
      {R"("type": "file_search", "description": "All files below css", "answer": ["css/app.css", "css/fonts/icons.css"])",
       {"find css -type f", "ls css/*.css css/fonts/*", "ls -d css/*.css css/*/*.css", "find -path './css/*' -type f",
        "find css -name '*.css' | sort -r", "grep -rl '' css", "wc css/app.css css/fonts/icons.css",
        "find ~+/css -type f -ls", "cd css; find * -type f", "stat -c '%n' css/app.css css/fonts/*"},
       {"find css", "ls css", "ls -R css", "find . -type f", "ls css/* lib", "find css -maxdepth 1 -type f",
        "echo find css -type f", "cat css/app.css css/fonts/icons.css",
        "find css -type f -exec basename {} \\;; find lib -type f", "grep -rn '' css"}},
      {R"("type": "file_search", "description": "Names that end with 1.md", "answer": ["content/labs/1.md", "content/labs/2016/11.md"])",
       {"find content -name '*1.md'", "find . -name '*1.md'", "ls content/labs/1.md content/labs/2016/11.md",
        "find | grep '1\\.md$'", "shopt -s globstar; ls content/**/*1.md", "ls -l $(find -name '*1.md')",
        "find -regex '.*1\\.md'", "find content -name '*1.md' -ls", "du -a content | grep '1\\.md$'",
        "(cd content/labs; find $PWD -name '*1.md')"},
       {"find content -name '1.md'", "find content -name '*1*'", "find content -name '*.md'", "ls content/labs",
        "find content", "find content -name '*1.md' -size +5000c", "find content -name '*1.md' -printf '%f:\\n'",
        "touch content/1.md; find content -name '*1.md'", "echo '*1.md'", "grep -r 1.md content"}},
      {R"("type": "stdout", "match": "paths", "description": "Files below content, sorted by their names",
          "answer": ["content/labs/1.md", "content/labs/2016/11.md", "content/labs/2.md", "content/assignments/2013_hw.md",
                     "content/labs/2016/3.md", "content/review/b.md", "content/syllabus.md"])",
       {"find content -type f -printf '%f %p\\n' | sort -k1,1 | cut -d' ' -f2",
        "find content -type f -printf '%f\\t%p\\n' | LC_ALL=C sort | cut -f2",
        "find content -type f | awk -F/ '{ print $NF, $0 }' | sort | cut -d' ' -f2-",
        "find content -type f | while read f; do echo \"$(basename $f) $f\"; done | sort | cut -d' ' -f2",
        "ls -1U $(find content -type f -printf '%f %p\\n' | sort | cut -d' ' -f2)",
        "find ~/website/content -type f -printf '%f %p\\n' | sort | cut -d' ' -f2",
        "find content -type f -printf '%f: %p\\n' | sort",
        "ls -lU $(find content -type f -printf '%f %p\\n' | sort | cut -d' ' -f2)",
        "wc -c $(find content -type f -printf '%f %p\\n' | sort | cut -d' ' -f2)",
        "find content -type f -printf '/%f %p\\n' | sort -t/ -k2 | sed 's/.* //'"},
       {"find content -type f | sort", "find content -type f", "find content -type f -printf '%f\\n' | sort",
        "find content -type f -printf '%f %p\\n' | sort -r | cut -d' ' -f2", "ls -R content", "ls content/*/* | sort",
        "find content -printf '%f %p\\n' | sort | cut -d' ' -f2",
        "find . -type f -printf '%f %p\\n' | sort | cut -d' ' -f2",
        "find content -type f -printf '%f %p\\n' | sort | cut -d' ' -f2 | head -n 6",
        "find content -type f -printf '%s %p\\n' | sort -n | cut -d' ' -f2"}},
      {R"("type": "filesystem", "description": "Delete all empty directories in content",
          "answer": {"$changes": {"remove": ["content/labs/2014", "content/review/2012"]}})",
       {"find content -type d -empty -delete", "rmdir content/labs/2014 content/review/2012",
        "find content -type d -empty -exec rmdir {} +", "find content -type d -empty | xargs rmdir",
        "find . -type d -empty -delete", "rm -r content/*/201[24]",
        "find content -depth -type d -exec rmdir {} + 2>/dev/null",
        "for d in content/*/*/; do rmdir $d 2>/dev/null; done", "cd content && rmdir labs/2014 review/2012",
        "rmdir --ignore-fail-on-non-empty content/*/*/"},
       {"find content -type d -empty", "rmdir content/labs/2014", "rm -r content/labs/2014 content/review",
        "rm content/review/b.md; find content -empty -delete", "echo find content -type d -empty -delete",
        "rmdir content", "touch content/x; find content -type d -delete 2>/dev/null", "rm -r content/*/20*",
        "mv content/syllabus.md content/labs/2014 content/review/2012 ..", "find content -type f -delete"}},
      {R"("type": "filesystem", "description": "Rename showdown to showup",
          "answer": {"$changes": {"remove": ["lib/showdown"], "compare": "names",
            "add": {"lib": {"showup": {"main.js": null, "extra.js": null}}}}})",
       {"mv lib/showdown lib/showup", "mv lib/{showdown,showup}", "(cd lib; mv showdown showup)",
        "cp -a lib/showdown lib/showup; rm -r lib/showdown",
        "mkdir lib/showup; mv lib/showdown/* lib/showup; rmdir lib/showdown", "mv -T lib/showdown lib/showup",
        "for d in lib/*down; do mv $d ${d%down}up; done",
        "find lib -name showdown -execdir mv {} showup \\; 2>/dev/null",
        "perl -e 'rename \"lib/showdown\", \"lib/showup\"'", "mv lib/showdown x; mv x lib/showup"},
       {"cp -r lib/showdown lib/showup", "mv lib/showdown showup", "mkdir lib/showup; mv lib/showdown lib/showup",
        "mv lib/showdown lib/showUp", "mv lib/showdown/main.js lib/showup", "ln -s showdown lib/showup",
        "echo mv lib/showdown lib/showup", "rm lib/showdown/extra.js; mv lib/showdown lib/showup",
        "mkdir lib/showup; mv lib/showdown/main.js lib/showup; rm lib/showdown/*; rmdir lib/showdown",
        "mv lib showup"}},
      {R"("type": "stdout", "match": "records", "description": "List the files of css with their sizes",
          "answer": [{"path": "css/app.css", "pattern": "\\b8\\b"}, {"path": "css/fonts/icons.css", "pattern": "\\b5\\b"}])",
       {"ls -l css/app.css css/fonts/icons.css", "find css -type f -ls", "wc -c css/app.css css/fonts/icons.css",
        "find css -type f -printf '%s %p\\n'", "stat -c '%s %n' css/app.css css/fonts/*",
        "find css -type f -printf '%p: %s bytes %p\\n'", "du -b css/app.css css/fonts/icons.css",
        "ls -s --block-size=1 -l css/*.css css/fonts/*.css",
        "find css -type f | while read f; do echo \"$(stat -c %s $f) $f\"; done",
        "find ~/website/css -type f -exec wc -c {} +"},
       {"ls -l css", "find css -type f", "ls -lR css", "wc -c css/app.css", "find . -type f -printf '%s %p\\n'",
        "wc -l css/app.css css/fonts/icons.css", "find css -printf '%s %p\\n'", "echo 8 5",
        "cat css/app.css css/fonts/icons.css",
        "find css -type f -printf '%s %p\\n'; find css -type f -printf '%s %p\\n'"}},
  };
  return all;
}

class WaysToSolve : public ServerTest {
 protected:
  /// One participant types the wrong way with this index and then the right one, in each task.
  void walk(std::size_t index) {
    TestClient client = join("p" + std::to_string(index));
    for (std::size_t task = 0; task < tasks().size(); ++task) {
      const int number = static_cast<int>(task) + 1;
      const Ways& its = tasks()[task];
      SCOPED_TRACE("task " + std::to_string(number) + ": " + its.wrong[index] + " | " + its.right[index]);
      client.start_task(number);
      client.expect_prompt();
      client.run(its.wrong[index]);
      client.wait_for("progress");
      ASSERT_EQ(client.state(), "running") << "the wrong way passed";
      client.send_json(R"({"type":"reset","id":1})");
      client.wait_for_answer("done", "1");
      client.expect_prompt();
      client.type(its.right[index] + std::string("\r"));
      const std::string passed = R"({"number":)" + std::to_string(number) + R"(,"state":"passed"})";
      client.wait_for(
          "state", [&](const auto& message) { return text_of(message.at("state").as_object(), "previous") == passed; });
    }
    EXPECT_EQ(client.state(), "finished");
  }
};

TEST_F(WaysToSolve, TenRightWaysPassEachTaskAndTenWrongWaysDoNot) {
  StudyConfig config;
  config.access_codes.clear();
  for (std::size_t i = 0; i < ways; ++i) config.access_codes.push_back("p" + std::to_string(i));
  config.tasks = "[";
  for (const Ways& its : tasks()) {
    config.tasks += (config.tasks == "[" ? "{" : ", {") + std::string(its.task) +
                    R"(, "root": "~/website", "working_directory": "~/website", "initial_filesystem": )" + tree + "}";
  }
  config.tasks += "]";
  start(config);
  std::vector<std::future<void>> walks;
  for (std::size_t i = 0; i < ways; ++i) walks.push_back(std::async(std::launch::async, [this, i] { walk(i); }));
  for (std::future<void>& walk : walks) EXPECT_NO_THROW(walk.get());
}

TEST_F(WaysToSolve, TimesBeforeTheStartAndAttributesOfDirectoriesAreReal) {
  StudyConfig config;
  config.tasks =
      R"([{"type": "filesystem", "description": "d", "root": "~/logs", "feedback": "own", "initial_filesystem":
    {"logs": {"$directory": {"mode": "0750", "mtime": "-30d", "entries": {
      "old.log": {"$file": {"content": "old", "mtime": "-400d"}}, "new.log": {"$file": {"content": "new", "mtime": "-2h"}}}}}},
    "answer": {"$changes": {"remove": ["old.log"], "add": {"archive": {"$directory": {"mode": "0700", "entries": {
      "old.log": {"$file": {"size": {"at_least": 1, "at_most": 3}, "mtime": {"at_least": "2020-01-01T00:00:00Z"}}}}}}}}}}])";
  start(config);
  TestClient client = join("bob");
  client.start_task(1);
  client.expect_prompt();
  client.run("cd ~/logs; mkdir archive; mv old.log archive");
  client.wait_for("progress", [](const boost::json::object& progress) {
    return boost::json::serialize(progress).find(R"({"path":"archive","status":"incorrect","differs":["mode"]})") !=
           std::string::npos;
  });
  client.run("chmod 700 archive; touch -d 2019-12-31 archive/old.log");
  client.wait_for("progress", [](const boost::json::object& progress) {
    return boost::json::serialize(progress).find(
               R"({"path":"archive/old.log","status":"incorrect","differs":["modified_at"]})") != std::string::npos;
  });
  client.send_json(R"({"type":"reset","id":1})");
  client.wait_for_answer("done", "1");
  client.expect_prompt();
  client.type(
      "cd ~/logs; [ $(stat -c %a .) = 750 ] && [ $(find ~/logs -maxdepth 0 -mtime +29 -mtime -31) ] && "
      "mkdir -m 700 archive && find . -mtime +365 -type f -exec mv {} archive \\;\r");
  client.wait_for("state", [&](const auto& message) {
    return text_of(message.at("state").as_object(), "previous") == R"({"number":1,"state":"passed"})";
  });
}

}  // namespace
}  // namespace tellina::testing
