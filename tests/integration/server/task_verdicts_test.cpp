/// Twenty tasks of all types: what must pass each of them, and what must not, typed into real shells.

#include <array>
#include <future>

#include "server_fixture.hpp"

namespace tellina::testing {
namespace {

struct Example {
  const char* task;                     ///< its keys as JSON, without the braces
  std::array<const char*, 4> right;     ///< the first is the solution
  std::array<const char*, 2> too_near;  ///< wrong by one bound, entry, letter or attribute
  const char* typed;                    ///< the answer as lines, each ends with CR; nullptr: the solution
};

constexpr const char* tree = R"({"station": {
  "README": "Notes of a weather station\n", ".settings": "depth=3\n", "latest": {"$link": "readings/may.csv"}, "spare": {},
  "readings": {"april.csv": "north,1204\nsouth,1575\n", "may.csv": "north,1733\neast,988\nsouth,2107\n", "empty": {},
               "old": {"march.csv": {"$file": {"content": "north,3\n", "mtime": "-500d"}}}},
  "logs": {"pump.log": "start\nerror: dry\nstop\n", "valve.log": "start\nopen\nError: stuck\nstop\n",
           "old pump.log": "start\nstop\n", "none.log": ""},
  "photos": {"red deer.jpg": {"$file": {"size": 5000}}, "fox.jpg": {"$file": {"size": 800, "mtime": "-300d"}},
             "owl.png": {"$file": {"size": 12000, "mtime": "-400d"}}},
  "archive": {"a.tar": {"$file": {"size": 2000}}, "b.tar": {"$file": {"size": 9999}}, "c.tar": {"$file": {"size": 10000}},
              "d.tar": {"$file": {"size": 1000}}},
  "bin": {"collect": {"$file": {"content": "#!/bin/sh\necho collected\n", "mode": "0755"}},
          "report": {"$file": {"content": "#!/bin/sh\necho report\n", "mode": "0644"}}}}})";

/// Passes if logs.tar has the files of logs, and no others.
constexpr const char* archive_check = R"(cd ~/station && [ -f logs.tar ] || exit 1
tar -tf logs.tar 2>/dev/null | grep -v '/$' | sort >/tmp/found
find logs -type f | sort | cmp -s - /tmp/found
)";

/// Passes if answer.txt has the number of readings and their sum.
constexpr const char* sum_check = R"sh([ "$(tr -s ' \n' '  ' 2>/dev/null <~/station/answer.txt)" = '5 7607 ' ]
)sh";

const std::vector<Example>& examples() {
  static const std::vector<Example> all = {
      {R"("type": "file_search", "description": "Files of more than 1000 and fewer than 10000 bytes",
          "answer": ["archive/a.tar", "archive/b.tar", "photos/red deer.jpg"])",
       {"find . -type f -size +1000c -size -10000c",
        "find archive photos -size +1000c -size -10000c -print0 | xargs -0 ls -l",
        "cd photos; ls ~/station/archive/[ab].tar red*",
        R"(for f in */*; do s=$(stat -c %s "$f"); [ -f "$f" ] && ((s > 1000 && s < 10000)) && echo "'$f'"; done)"},
       {"find . -type f -size +999c -size -10000c", "find . -type f -size +1000c -size -10001c"},
       "archive/a.tar\rarchive/b.tar\rphotos/red deer.jpg\r"},
      {R"("type": "stdout", "match": "exact", "description": "Each station once, sorted", "answer": "east\nnorth\nsouth\n")",
       {"cut -d, -f1 readings/*.csv | sort -u", "awk -F, '!seen[$1]++ { print $1 }' readings/*.csv | sort",
        "printf '%s\\n' $(cat readings/april.csv readings/may.csv | sed 's/,.*//' | sort | uniq)",
        "cat readings/*.csv | perl -F, -lane '$s{$F[0]} = 1; END { print qq(  $_) for sort keys %s }'"},
       {"cut -d, -f1 readings/*.csv | sort", "cut -d, -f1 readings/*.csv | sort -ru"},
       "east\rnorth\rsouth\r"},
      {R"("type": "filesystem", "description": "Delete the archives of more than 5000 bytes",
          "answer": {"$changes": {"remove": ["archive/b.tar", "archive/c.tar"]}})",
       {"find archive -size +5000c -delete", "rm archive/b.tar archive/c.tar", "cd archive && rm [bc].tar",
        "find . -name '*.tar' -size +5000c -print0 | xargs -0 rm"},
       {"rm archive/c.tar", "find . -type f -size +5000c -delete"},
       nullptr},
      {R"("type": "command", "description": "Create logs.tar with the files of logs",
          "check": {"run": ["bash", "/check/archive.sh"], "folder": "check"})",
       {"tar -cf logs.tar logs", "find logs -type f -print0 | tar -cf logs.tar --null -T -", "tar -c logs/* > logs.tar",
        "tar -C ~/station -cf /tmp/x logs; mv /tmp/x logs.tar"},
       {"tar -cf logs.tar logs/*pump.log", "tar -cf logs.tar logs bin"},
       nullptr},
      {R"("type": "file_search", "description": "Files whose name has a space",
          "answer": ["logs/old pump.log", "photos/red deer.jpg"])",
       {"find . -name '* *'", "ls -d */*' '*", "find . -type f | grep ' '",
        R"(find ~/station -name '* *' -printf '"%p"\n')"},
       {"find . -name '* *.jpg'", "ls photos logs"},
       "logs/old pump.log\rphotos/red deer.jpg\r"},
      {R"("type": "file_search", "files_may_change": true, "description": "Logs with an error, in any letter case",
          "answer": ["logs/pump.log", "logs/valve.log"])",
       {"grep -ril error logs", "grep -ril error logs > found; cat found", "cd logs && grep -li ERROR *",
        R"(for f in logs/*; do grep -qi error "$f" && echo "$f"; done)"},
       {"grep -rl error logs", "grep -ric error logs"},
       "logs/pump.log\rlogs/valve.log\r"},
      {R"("type": "file_search", "description": "Empty directories", "answer": ["readings/empty", "spare"])",
       {"find . -type d -empty", "find -type d -empty -ls", "ls -ld spare readings/empty",
        R"sh(find . -type d | while read -r d; do [ -z "$(ls -A "$d")" ] && echo "$d/"; done)sh"},
       {"find . -empty", "find readings -type d -empty"},
       "readings/empty\rspare\r"},
      {R"("type": "file_search", "description": "Files that are older than a year",
          "answer": ["readings/old/march.csv", "photos/owl.png"])",
       {"find . -type f -mtime +365", "find . -type f ! -newermt '365 days ago' -exec ls -l {} +",
        R"(find . -type f -printf '%T@ %p\n' | awk -v then=$(date -d '1 year ago' +%s) '$1 < then')",
        "cd readings/old; find ~/station -type f -mtime +365 | sort -r"},
       {"find . -type f -mtime +450", "find . -type f -mtime +250"},
       "readings/old/march.csv\rphotos/owl.png\r"},
      {R"("type": "stdout", "max_extra_lines": 0, "description": "The last two lines of logs/valve.log",
          "answer": "Error: stuck\nstop\n")",
       {"tail -n 2 logs/valve.log", "sed -n '3,$p' logs/valve.log", "tac logs/valve.log | head -n 2 | tac",
        "awk 'NR > 2' ./logs/valve.log"},
       {"tail -n 3 logs/valve.log", "tail -n 1 logs/valve.log"},
       "Error: stuck\rstop\r"},
      {R"("type": "stdout", "match": "contains", "description": "The sum of the readings of April and May", "answer": "7607")",
       {"awk -F, '{ sum += $2 } END { print sum }' readings/april.csv readings/may.csv",
        "cut -d, -f2 readings/*.csv | paste -sd+ | bc",
        R"(s=0; for n in $(cut -d, -f2 readings/*.csv); do ((s += n)); done; echo "The sum is $s.")",
        "cat readings/*.csv | perl -F, -lane '$s += $F[1]; END { print $s }'"},
       {"cut -d, -f2 readings/may.csv | paste -sd+ | bc", "seq 7500 7700"},
       "7607\r"},
      {R"("type": "stdout", "match": "unordered", "ignore": ["blank_lines", "outer_space", "inner_space"],
          "description": "How often each station has reported", "answer": "2 north\n2 south\n1 east\n")",
       {"cut -d, -f1 readings/*.csv | sort | uniq -c", "cut -d, -f1 readings/*.csv | sort | uniq -c | sort -rn",
        "awk -F, '{ n[$1]++ } END { for (s in n) print n[s], s }' readings/*.csv",
        R"(for s in south east north; do printf '%d\t%s\n\n' $(cat readings/*.csv | grep -c $s) $s; done)"},
       {"cut -d, -f1 readings/may.csv | sort | uniq -c", "cut -d, -f1 readings/*.csv | sort | uniq -c | tail -n 2"},
       "2 north\r2 south\r1 east\r"},
      {R"("type": "stdout", "match": "set", "ignore": ["blank_lines", "outer_space", "case"],
          "description": "What the logs say besides errors", "answer": "open\nstart\nstop\n")",
       {"cat logs/*.log | grep -vi error | sort -u", "grep -hvi error logs/*.log",
        "sed /rror/d logs/*.log | tr a-z A-Z", "awk '!/rror/' logs/*"},
       {"cat logs/*.log", "grep -hvi error logs/*pump.log"},
       "open\rstart\rstop\r"},
      {R"("type": "stdout", "match": "paths", "description": "The archives, the largest first",
          "answer": ["archive/c.tar", "archive/b.tar", "archive/a.tar", "archive/d.tar"])",
       {"ls -S1 archive", "ls -lS archive", "find archive -type f -printf '%s %p\\n' | sort -rn | cut -d' ' -f2",
        "du -b archive/* | sort -rn"},
       {"ls -lSr archive", "ls -S1 archive | head -n 3"},
       "archive/c.tar\rarchive/b.tar\rarchive/a.tar\rarchive/d.tar\r"},
      {R"("type": "stdout", "match": "records", "description": "The files of bin with their permissions",
          "answer": [{"path": "bin/collect", "pattern": "rwxr-xr-x|\\b755\\b"}, {"path": "bin/report", "pattern": "rw-r--r--|\\b644\\b"}])",
       {"ls -l bin", "stat -c '%a %n' bin/*", "find bin -type f -printf '%M %p\\n'", "cd bin && ls -la"},
       {"ls -l bin/collect", "stat -c '%s %n' bin/*"},
       "755 bin/collect\r644 bin/report\r"},
      {R"("type": "stdout", "match": "records", "extra_lines": "allow", "description": "The number of lines of pump.log and valve.log",
          "answer": [{"path": "logs/pump.log", "pattern": "^ *3 "}, {"path": "logs/valve.log", "pattern": "^ *4 "}])",
       {"wc -l logs/pump.log logs/valve.log", "wc -l logs/*", "cd logs; wc -l *.log",
        R"(for f in logs/*; do echo "$(wc -l <"$f") $f"; done)"},
       {"wc -w logs/*", "wc -l logs/pump.log"},
       "3 logs/pump.log\r4 logs/valve.log\r"},
      {R"("type": "filesystem", "description": "Move the files of inbox to a new directory done", "root": "~", "working_directory": "~",
          "initial_filesystem": {"inbox": {"a.txt": "a\n", "b.txt": "b\n"}}, "answer": {"inbox": {}, "done": {"a.txt": "a\n", "b.txt": "b\n"}})",
       {"mkdir done; mv inbox/* done", "cp -r inbox done && rm inbox/*", "mv inbox done; mkdir inbox",
        "for f in inbox/*; do mkdir -p done; mv $f done/; done"},
       {"cp -r inbox done", "mkdir done; mv inbox/a.txt done"},
       nullptr},
      {R"("type": "filesystem", "description": "Replace north by nord in readings/may.csv",
          "answer": {"$changes": {"add": {"readings": {"may.csv": "nord,1733\neast,988\nsouth,2107\n"}}}})",
       {"sed -i s/north/nord/ readings/may.csv", "perl -pi -e 's/north/nord/' readings/may.csv",
        "sed s/north/nord/ readings/may.csv > /tmp/x; cat /tmp/x > latest",
        R"(printf '%s\n' '%s/north/nord/' wq | ed -s readings/may.csv)"},
       {"sed -i s/north/nord/ readings/*.csv", "sed -i s/north/Nord/ readings/may.csv"},
       nullptr},
      {R"("type": "filesystem", "description": "Rename photos to pictures", "answer": {"$changes": {"compare": "names", "remove": ["photos"],
          "add": {"pictures": {"red deer.jpg": null, "fox.jpg": null, "owl.png": null}}}})",
       {"mv photos pictures", "cp -r photos pictures; rm -r photos",
        "mkdir pictures; mv photos/* pictures; rmdir photos", R"(perl -e 'rename "photos", "pictures"')"},
       {"mkdir pictures; mv photos pictures", "ln -s photos pictures"},
       nullptr},
      {R"("type": "filesystem", "description": "Everyone may run bin/report",
          "answer": {"$changes": {"add": {"bin": {"report": {"$file": {"mode": "0755"}}}}}})",
       {"chmod 755 bin/report", "chmod +x bin/*", "chmod --reference=bin/collect bin/report",
        "install -m 755 bin/report /tmp/x; cp --preserve=mode /tmp/x bin/report"},
       {"chmod u+x bin/report", "chmod 777 bin/report"},
       nullptr},
      {R"("type": "command", "hand_in": "button", "tries": 2, "description": "Write the number and the sum of the readings to answer.txt",
          "check": {"run": ["bash", "/check/sum.sh"], "folder": "check", "when": "hand_in"})",
       {R"(cat readings/*.csv | awk -F, '{ s += $2 } END { print NR, s }' > answer.txt)",
        R"(cat readings/*.csv | wc -l > answer.txt; cut -d, -f2 readings/*.csv | paste -sd+ | bc >> answer.txt)",
        "echo 5 7607 > answer.txt", "printf '5\\n7607\\n' | tee answer.txt"},
       {"cat readings/*.csv readings/old/*.csv | awk -F, '{ s += $2 } END { print NR, s }' > answer.txt",
        R"(cat readings/*.csv | awk -F, '{ s += $2 } END { print s, NR }' > answer.txt)"},
       nullptr},
  };
  return all;
}

/// How a participant works on each task.
enum class Way : std::uint8_t {
  solution,
  second,
  third,
  fourth,  // `right`
  empty_session,
  comment,
  printed,
  typed_at_cat,
  listing,
  contents,
  near,
  nearer,
  background  // begins the solution, which prints and changes something once the command has ended
};
constexpr std::size_t ways = static_cast<std::size_t>(Way::background) + 1;

std::string quoted(const std::string& line) {
  std::string word = "'";
  for (const char letter : line) word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return word + "'";
}

class TaskVerdicts : public ServerTest {
 protected:
  void serve(std::size_t count) {
    std::filesystem::create_directory(folder() / "check");
    write_text(folder() / "check/archive.sh", archive_check);
    write_text(folder() / "check/sum.sh", sum_check);
    m_count = count;
    StudyConfig config;
    config.access_codes.clear();
    for (std::size_t way = 0; way < ways; ++way) config.access_codes.push_back("p" + std::to_string(way));
    config.more = R"("sandbox": {"plugin": "chroot", "cpu": 2, "pool": 4}, "task_defaults": {"root": "~/station",
                     "working_directory": "~/station", "initial_filesystem": )" +
                  std::string(tree) + "}, ";
    config.tasks = "[";
    for (std::size_t task = 0; task < count; ++task) {
      config.tasks += (task > 0 ? ",\n{" : "{") + std::string(examples()[task].task) + "}";
    }
    config.tasks += "]";
    start(config);
  }

  /// Each participant works in one way on all tasks.
  void walk_all() {
    std::vector<std::future<void>> walks;
    for (std::size_t way = 0; way < ways; ++way) {
      walks.push_back(std::async(std::launch::async, [this, way] { walk(static_cast<Way>(way)); }));
    }
    for (std::future<void>& walk : walks) EXPECT_NO_THROW(walk.get());
    EXPECT_EQ(database().value("SELECT count(*) FROM results"), std::to_string(ways * m_count));
    EXPECT_EQ(database().value("SELECT count(*) FROM event_log WHERE kind IN ('checker_failed', 'sandbox_failed')"),
              "0");
  }

  /// Types the line. The task may end with it, so that no prompt follows.
  static void run(TestClient& client, const std::string& line) {
    client.type(line + "\r");
    const bool is_over = client.wait_until(
        [&] { return client.state() != "running" || client.has_printed("\x1b]133;B"); }, std::chrono::seconds(30));
    if (!is_over) throw std::runtime_error("no prompt after " + line);
    if (client.state() == "running") client.expect_prompt();
  }

 private:
  static bool has(std::size_t task, const std::string& text) {
    return std::string(examples()[task].task).find(text) != std::string::npos;
  }
  /// Files are checked while a job runs, and when they are handed in. What a job prints belongs to no command.
  static bool must_pass(std::size_t task, Way way) {
    const bool judges_files = has(task, R"("type": "filesystem")") || has(task, "hand_in");
    return way <= Way::fourth || (way == Way::background && judges_files);
  }

  void walk(Way way) {
    TestClient client = join("p" + std::to_string(static_cast<int>(way)));
    for (std::size_t task = 0; task < m_count; ++task) {
      const Example& its = examples()[task];
      const int number = static_cast<int>(task) + 1;
      SCOPED_TRACE("task " + std::to_string(number) + ", way " + std::to_string(static_cast<int>(way)) + ": " +
                   its.right[0]);
      client.start_task(number);
      client.expect_prompt();
      work(client, its, way);
      const bool passes = must_pass(task, way);
      if (has(task, "hand_in")) hand_in(client, number);
      if (!passes) client.send_json(R"({"type":"give_up","id":"end","task":)" + std::to_string(number) + "}");
      const auto has_ended = [&] { return client.state() != "running"; };
      ASSERT_TRUE(client.wait_until(has_ended, std::chrono::seconds(30))) << "it does not end";
      const std::string expected =
          R"({"number":)" + std::to_string(number) + R"(,"state":")" + (passes ? "passed" : "gave_up") + "\"}";
      EXPECT_EQ(text_of(client.state_object(), "previous"), expected);
    }
    EXPECT_EQ(client.state(), "finished");
  }

  static void hand_in(TestClient& client, int number) {
    client.send_json(R"({"type":"submit","id":"hand-in","task":)" + std::to_string(number) + "}");
    client.wait_for_answer("done", "hand-in");
  }

  static void work(TestClient& client, const Example& its, Way way) {
    const std::string solution = its.right[0];
    switch (way) {
      case Way::solution:
      case Way::second:
      case Way::third:
      case Way::fourth:
        return run(client, its.right[static_cast<std::size_t>(way)]);
      case Way::empty_session:
        return;
      case Way::comment:
        return run(client, "# " + solution);
      case Way::printed:
        return run(client, "echo " + quoted(solution));
      case Way::typed_at_cat:
        client.type("cat\r");
        client.expect("\x1b]133;C");
        client.type(its.typed ? its.typed : solution + "\r");
        client.type("\x04");
        return client.expect_prompt();
      case Way::listing:
        return run(client, "ls -laR");
      case Way::contents:
        return run(client, "grep -r ''");
      case Way::near:
      case Way::nearer:
        return run(client, its.too_near[way == Way::near ? 0 : 1]);
      case Way::background:
        run(client, "(sleep 0.5; " + solution + R"(; echo -e '\aover') &)");
        client.wait_until([&] { return client.state() != "running" || client.has_printed("\aover"); });
    }
  }

  std::size_t m_count = 0;
};

TEST_F(TaskVerdicts, OfFourTasks) {
  serve(4);
  walk_all();
}

TEST_F(TaskVerdicts, OfAllTasks) {
  ASSERT_EQ(examples().size(), 20U);
  serve(examples().size());
  walk_all();
}

TEST_F(TaskVerdicts, AFileThatABackgroundJobCreatesPassesWithoutAnotherKey) {
  StudyConfig config;
  config.tasks = R"([{"type": "filesystem", "description": "Create new", "answer": {"new": null}}])";
  start(config);
  TestClient client = join_task();
  run(client, "(sleep 2; touch new) &");
  EXPECT_TRUE(client.wait_until([&] { return client.state() == "finished"; }, std::chrono::seconds(30)));
  EXPECT_EQ(database().value("SELECT state FROM results"), "passed");
}

}  // namespace
}  // namespace tellina::testing
